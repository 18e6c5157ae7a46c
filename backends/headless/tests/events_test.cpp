// Event, EventTarget, the events of a window, AbortSignal.
#include "browser.hpp"

namespace mullion::headless {

TEST_CASE("events: listeners are called in order, each once, with the target as this") {
  CHECK(run(R"(
    const target = new EventTarget()
    const first = function (event) { console.log('first', this === target, event.type, event.eventPhase) }
    target.addEventListener('x', first)
    target.addEventListener('x', first)
    target.addEventListener('x', {handleEvent(event) { console.log('object', this !== target) }})
    target.addEventListener('x', () => console.log('capture'), true)
    target.addEventListener('x', null)
    console.log(target.dispatchEvent(new Event('x')))
    target.removeEventListener('x', first)
    target.dispatchEvent(new Event('x'))
  )") == "capture\nfirst true x 2\nobject true\ntrue\ncapture\nobject true\n");
}

TEST_CASE("events: once, passive, signal and capture are options of a listener") {
  CHECK(run(R"(
    const target = new EventTarget()
    const controller = new AbortController()
    target.addEventListener('x', () => console.log('once'), {once: true})
    target.addEventListener('x', event => event.preventDefault(), {passive: true})
    target.addEventListener('x', () => console.log('signal'), {signal: controller.signal})
    console.log(target.dispatchEvent(new Event('x', {cancelable: true})))
    controller.abort()
    console.log(target.dispatchEvent(new Event('x', {cancelable: true})))
    target.addEventListener('y', () => console.log('never'), {signal: AbortSignal.abort()})
    target.dispatchEvent(new Event('y'))
  )") == "once\nsignal\ntrue\ntrue\n");
}

TEST_CASE("events: a listener may add, remove and stop") {
  CHECK(run(R"(
    const target = new EventTarget()
    const later = () => console.log('removed meanwhile')
    target.addEventListener('x', () => {
      target.removeEventListener('x', later)
      target.addEventListener('x', () => console.log('added'))
      console.log('a')
    }, {once: true})
    target.addEventListener('x', later)
    target.dispatchEvent(new Event('x'))
    target.addEventListener('x', event => event.stopImmediatePropagation())
    target.addEventListener('x', () => console.log('stopped'))
    target.dispatchEvent(new Event('x'))
  )") == "a\nadded\n");
}

TEST_CASE("events: preventing counts only where the event can be canceled") {
  CHECK(run(R"(
    const target = new EventTarget()
    target.addEventListener('x', event => { event.preventDefault(); console.log(event.defaultPrevented) })
    console.log(target.dispatchEvent(new Event('x')), target.dispatchEvent(new Event('x', {cancelable: true})))
  )") == "false\ntrue\ntrue false\n");
}

TEST_CASE("events: what a listener throws is reported, and the others are called") {
  CHECK(run(R"(const target = new EventTarget()
    target.addEventListener('x', () => { throw new Error('first') })
    target.addEventListener('x', () => console.log('second'))
    target.addEventListener('x', {})
    console.log(target.dispatchEvent(new Event('x')))
  )") == "error: Uncaught Error: first @ file://~/test.js:2\nsecond\n"
         "error: Uncaught TypeError: The listener has no function handleEvent @ file://~/test.js:5\ntrue\n");
}

TEST_CASE("events: wrong uses have the errors of the standard") {
  CHECK(run(R"(
    const target = new EventTarget()
    const failing = f => { try { f(); console.log('no error') } catch (error) { console.log(error.name) } }
    failing(() => new Event())
    failing(() => target.dispatchEvent({}))
    failing(() => target.addEventListener('x'))
    failing(() => target.addEventListener('x', 5))
    failing(() => EventTarget.prototype.addEventListener.call({}, 'x', () => {}))
    failing(() => { target.addEventListener('y', event => target.dispatchEvent(event)); target.dispatchEvent(new Event('y')) })
  )") == "TypeError\nTypeError\nTypeError\nTypeError\nTypeError\n"
         "error: Uncaught InvalidStateError: The event is already being dispatched. @ file://~/test.js:9\nno error\n");
}

TEST_CASE("events: classes have their fields and their names") {
  CHECK(run(R"(
    console.log(new CustomEvent('x', {detail: {a: 1}}).detail.a, new CustomEvent('x').detail)
    const message = new MessageEvent('message', {data: 5, origin: 'o', ports: [1]})
    console.log(message.data, message.origin, message.ports, Object.isFrozen(message.ports), message.source)
    const error = new ErrorEvent('error', {message: 'm', filename: 'f', lineno: 3, colno: 4, error: 1})
    console.log(error.message, error.filename, error.lineno, error.colno, error.error)
    console.log(new CloseEvent('close', {code: 1000, reason: 'r', wasClean: true}).reason)
    console.log(`${new Event('x')} ${new CustomEvent('x')} ${new EventTarget()}`)
    console.log(Event.AT_TARGET, new Event('x').BUBBLING_PHASE, new Event('x').isTrusted, new Event('x') instanceof Event)
    class Own extends EventTarget { fire() { return this.dispatchEvent(new Event('x')) } }
    const own = new Own()
    own.addEventListener('x', event => console.log(event.target === own, event.composedPath()[0] === own))
    own.fire()
  )") == "1 null\n5 o [1] true null\nm f 3 4 1\nr\n[object Event] [object CustomEvent] [object EventTarget]\n"
         "2 3 false true\ntrue true\n");
}

TEST_CASE("events: the document's events reach the window, in capture and bubbling order") {
  CHECK(run(R"(
    const log = text => event => console.log(text, event.type, event.eventPhase, event.isTrusted)
    addEventListener('DOMContentLoaded', log('window'))
    document.addEventListener('DOMContentLoaded', log('document'))
    window.addEventListener('DOMContentLoaded', log('window capture'), true)
    document.addEventListener('readystatechange', () => console.log(document.readyState))
    window.addEventListener('readystatechange', () => console.log('does not bubble'))
    addEventListener('load', log('window'))
    addEventListener('pageshow', event => console.log(event.type, event.persisted))
    onload = log('onload')
    console.log(document.readyState, typeof onload, ontimeout = 1)
  )") == "loading function 1\ninteractive\nwindow capture DOMContentLoaded 1 true\ndocument DOMContentLoaded 2 true\n"
         "window DOMContentLoaded 3 true\ncomplete\nwindow load 2 true\nonload load 2 true\npageshow false\n");
}

TEST_CASE("events: on... attributes hold one handler, keep its place, and let go of it") {
  CHECK(run(R"(
    onmessage = () => console.log('first')
    addEventListener('message', () => console.log('listener'))
    onmessage = () => console.log('second')
    dispatchEvent(new MessageEvent('message'))
    onmessage = null
    dispatchEvent(new MessageEvent('message'))
    onmessage = 5
    console.log(onmessage)
    onmessage = () => false
    console.log(dispatchEvent(new MessageEvent('message', {cancelable: true})))
  )") == "second\nlistener\nlistener\nnull\nlistener\nfalse\n");
}

TEST_CASE("errors: window.onerror hears what nobody caught, and true keeps it from the console") {
  CHECK(run(R"(onerror = (message, url, line, column, error) => {
      console.log(message, url.split('/').pop(), line, column > 0, error instanceof TypeError)
      return true
    }
    null.x
  )") == "Uncaught TypeError: null is not an object (evaluating 'null.x') test.js 5 true true\n");
  CHECK(run(R"(addEventListener('error', event => console.log(event.error.code))
    throw {code: 7}
  )") == "7\nerror: Uncaught {code: 7}\n");
  CHECK(run("onerror = () => { throw new Error('again') }; throw new Error('once')") ==
        "error: Uncaught Error: again @ file://~/test.js:1\nerror: Uncaught Error: once @ file://~/test.js:1\n");
  CHECK(run("reportError(new RangeError('given')); console.log('on')") ==
        "error: Uncaught RangeError: given @ file://~/test.js:1\non\n");
}

TEST_CASE("errors: a promise that is rejected and that nobody handles is reported once") {
  CHECK(run_to_end(R"(Promise.reject(new Error('nobody'))
    Promise.reject(new Error('handled')).catch(() => {})
    const late = Promise.reject(5)
    setTimeout(() => console.log('end'), 1)
  )") == "error: Uncaught (in promise) Error: nobody @ file://~/test.js:1\nerror: Uncaught (in promise) 5\n");
  CHECK(run_to_end(R"(onunhandledrejection = event => {
      console.log(event.reason, event.promise === promise)
      event.preventDefault()
      setTimeout(() => console.log('end'))
    }
    const promise = Promise.reject('why')
  )") == "why true\n");
}

TEST_CASE("abort: a signal fires once, with its reason") {
  CHECK(run(R"(
    const controller = new AbortController()
    const {signal} = controller
    signal.onabort = event => console.log(event.type, signal.aborted, signal.reason)
    controller.abort('why')
    controller.abort('again')
    console.log(new AbortController().signal.aborted, AbortSignal.abort().reason.name)
    try { signal.throwIfAborted() } catch (error) { console.log(error) }
    try { new AbortSignal() } catch (error) { console.log(error.name) }
  )") == "abort true why\nfalse AbortError\nwhy\nTypeError\n");
}

TEST_CASE("abort: timeout, and any of several") {
  CHECK(run_to_end(R"(
    const first = new AbortController()
    const any = AbortSignal.any([first.signal, AbortSignal.timeout(100000)])
    any.addEventListener('abort', () => console.log('any', any.reason))
    first.abort(1)
    console.log(AbortSignal.any([AbortSignal.abort(2)]).reason, AbortSignal.any([]).aborted)
    const timeout = AbortSignal.timeout(1)
    timeout.onabort = () => { console.log(timeout.reason.name, timeout.reason instanceof DOMException); console.log('end') }
  )") == "any 1\n2 false\nTimeoutError true\n");
}

TEST_CASE("exceptions: DOMException has names, codes and constants") {
  CHECK(run(R"(
    const error = new DOMException('m', 'NotFoundError')
    console.log(error.name, error.message, error.code, error instanceof Error, DOMException.NOT_FOUND_ERR, `${error}`)
    console.log(new DOMException().name, new DOMException().code, new DOMException('m', 'Own').code)
    console.log(Object.prototype.toString.call(error), Object.keys(error).length, typeof error.stack)
  )") == "NotFoundError m 8 true 8 NotFoundError: m\nError 0 0\n[object DOMException] 0 string\n");
}

}  // namespace mullion::headless
