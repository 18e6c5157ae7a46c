// Timers, URLs, encodings, performance, crypto, navigator, and what is not there.
#include "browser.hpp"

namespace mullion::headless {

TEST_CASE("timers: run in the order of their time, with their arguments") {
  CHECK(run_to_end(R"(
    setTimeout((a, b) => console.log('second', a, b), 20, 1, 2)
    setTimeout(() => console.log('first'))
    const cleared = setTimeout(() => console.log('cleared'), 1)
    clearTimeout(cleared)
    clearTimeout(undefined)
    clearTimeout(12345)
    setTimeout('console.log("text")', 10)
    let left = 3
    const interval = setInterval(() => {
      if (--left > 0) return
      clearInterval(interval)
      setTimeout(() => console.log('end'), 30)
    }, 1)
    console.log(typeof cleared, cleared > 0)
  )") == "number true\nfirst\ntext\nsecond 1 2\n");
}

TEST_CASE("timers: a chain of them leaves everything else its turn") {
  Browser browser;
  CHECK(browser.run_to_end(R"(
    let links = 0
    let over = false
    const chain = () => { if (++links < 1000 && !over) setTimeout(chain) }
    setTimeout(chain)
    fetch('data:,fetched').then(response => response.text()).then(text => {
      over = true
      console.log(text, links < 1000)
      console.log('end')
    })
  )") == "fetched true\n");
}

TEST_CASE("timers: microtasks run before the next task, and what throws is reported") {
  CHECK(run_to_end(R"(setTimeout(() => { console.log('task'); queueMicrotask(() => console.log('micro of task')) })
    setTimeout(() => { throw new Error('timer') })
    setTimeout(() => console.log('end'), 1)
    queueMicrotask(() => { throw new Error('micro') })
    Promise.resolve().then(() => console.log('promise'))
    queueMicrotask(() => console.log('micro'))
    console.log('script')
  )") == "script\nerror: Uncaught Error: micro @ file://~/test.js:4\npromise\nmicro\ntask\nmicro of task\n"
         "error: Uncaught Error: timer @ file://~/test.js:2\n");
  CHECK(run("try { queueMicrotask(5) } catch (error) { console.log(error.name) }") == "TypeError\n");
}

TEST_CASE("url api: reads, changes and refuses as browsers do") {
  CHECK(run(R"(
    const url = new URL('../x?a=1#f', 'https://u:p@h:8080/a/b/c')
    console.log(url.href, url.origin, url.protocol, url.username, url.password, url.host, url.hostname, url.port)
    console.log(url.pathname, url.search, url.hash, `${url}`, JSON.stringify({url}))
    url.port = ''
    url.hash = 'a b'
    url.pathname = '/\u00e4'
    url.host = 'g:1'
    console.log(url.href)
    try { url.href = 'x' } catch (error) { console.log(error.name, error.message) }
    try { new URL('x') } catch (error) { console.log(error.name, error.message) }
    console.log(URL.canParse('x'), URL.canParse('x', 'http://h'), URL.parse('x'), URL.parse('http://h').href)
    console.log(new URL('http://\ud800/x') === 1)
  )") == "https://u:p@h:8080/a/x?a=1#f https://h:8080 https: u p h:8080 h 8080\n"
         "/a/x ?a=1 #f https://u:p@h:8080/a/x?a=1#f {\"url\":\"https://u:p@h:8080/a/x?a=1#f\"}\n"
         "https://u:p@g:1/%C3%A4?a=1#a%20b\nTypeError Invalid URL: x\nTypeError Invalid URL: x\n"
         "false true null http://h/\n"
         "error: Uncaught TypeError: Invalid URL: http://\xEF\xBF\xBD/x @ file://~/test.js:13\n");
}

TEST_CASE("url api: searchParams and its URL follow each other") {
  CHECK(run(R"(
    const url = new URL('http://h/?a=1&b=2&a=3')
    const params = url.searchParams
    console.log(params === url.searchParams, params.get('a'), params.getAll('a'), params.has('b', '2'), params.size)
    params.append('c', '\u00e4 &=+~\'')
    params.delete('a', '3')
    params.set('b', 'x')
    console.log(url.href)
    url.search = '?q=%41+%zz&=v&k'
    console.log([...params], params.get('q'), params.get('none'))
    params.sort()
    console.log(params.toString(), url.search)
    params.delete('q')
    params.delete('')
    params.delete('k')
    console.log(url.href)
  )") == "true 1 ['1', '3'] true 3\nhttp://h/?a=1&b=x&c=%C3%A4+%26%3D%2B%7E%27\n"
         "[['q', 'A %zz'], ['', 'v'], ['k', '']] A %zz null\n=v&k=&q=A+%25zz ?=v&k=&q=A+%25zz\nhttp://h/\n");
}

TEST_CASE("url api: URLSearchParams from text, pairs and objects") {
  CHECK(run(R"(
    console.log(`${new URLSearchParams('?a=b')} ${new URLSearchParams([['a', 1], ['a', 2]])} ${new URLSearchParams({x: 1})}`)
    console.log(`${new URLSearchParams(new URLSearchParams('a=b'))} ${new URLSearchParams(new Map([['k', 'v']]))}`)
    try { new URLSearchParams([['a']]) } catch (error) { console.log(error.name) }
    const params = new URLSearchParams('b=1&a=2')
    params.forEach((value, key) => console.log(key, value))
    console.log([...params.keys()], [...params.values()], `${params.entries()}`)
  )") == "a=b a=1&a=2 x=1\na=b k=v\nTypeError\nb 1\na 2\n['b', 'a'] ['1', '2'] [object URLSearchParams Iterator]\n");
}

TEST_CASE("encoding: text to bytes") {
  CHECK(run(R"(
    const encoder = new TextEncoder()
    console.log(encoder.encode('a\u00e4\u20ac\u{1f600}'), encoder.encode('\ud800'), encoder.encode(), encoder.encoding)
    const into = new Uint8Array(4)
    console.log(encoder.encodeInto('a\u20ac\u20ac', into), into)
    console.log(encoder.encode('a\0b').length, new TextDecoder().decode(new Uint8Array([97, 0, 98])).length)
  )") == "Uint8Array(10) [97, 195, 164, 226, 130, 172, 240, 159, 152, 128] Uint8Array(3) [239, 191, 189] "
         "Uint8Array(0) [] utf-8\n{read: 2, written: 4} Uint8Array(4) [97, 226, 130, 172]\n3 3\n");
}

TEST_CASE("encoding: bytes to text, whole and in pieces") {
  CHECK(run(R"(
    const bytes = (...list) => new Uint8Array(list)
    console.log(new TextDecoder().decode(bytes(0xef, 0xbb, 0xbf, 97, 0xff)), new TextDecoder('latin1').encoding)
    console.log(new TextDecoder('utf-8', {ignoreBOM: true}).decode(bytes(0xef, 0xbb, 0xbf)).length)
    try { new TextDecoder('utf-8', {fatal: true}).decode(bytes(0xff)) } catch (error) { console.log(error.name) }
    try { new TextDecoder('utf-7') } catch (error) { console.log(error.name) }
    const stream = new TextDecoder()
    console.log(['', 1, 2, 3].map((_, i) => stream.decode(bytes([0xf0, 0x9f, 0x98, 0x80][i]), {stream: true})).join('|'))
    console.log(stream.decode(bytes(0xe2, 0x82), {stream: true}) + '|' + stream.decode())
    const mark = new TextDecoder()
    console.log(mark.decode(bytes(0xef, 0xbb), {stream: true}).length, mark.decode(bytes(0xbf, 97), {stream: true}))
    console.log(new TextDecoder('utf-16le').decode(bytes(0x3d, 0xd8, 0, 0xde, 97, 0)), new TextDecoder('utf-16be').decode(bytes(0, 98)))
    console.log(new TextDecoder('windows-1252').decode(bytes(0x80, 0xe4)))
    console.log(new TextDecoder().decode(new DataView(bytes(97, 98, 99).buffer, 1, 1)), new TextDecoder().decode(bytes(97).buffer))
    try { new TextDecoder().decode('x') } catch (error) { console.log(error.name) }
  )") == "a\xEF\xBF\xBD windows-1252\n1\nTypeError\nRangeError\n|||\xF0\x9F\x98\x80\n|\xEF\xBF\xBD\n0 a\n"
         "\xF0\x9F\x98\x80"
         "a b\n\xE2\x82\xAC\xC3\xA4\nb a\nTypeError\n");
}

TEST_CASE("encoding: a buffer that was encoded or decoded can still be transferred") {
  CHECK(run_to_end(R"(
    const encoded = new TextEncoder().encode('text')
    console.log(new TextDecoder().decode(encoded), encoded.buffer.transfer().byteLength, encoded.length)
    ;(async () => {
      const response = await fetch('data:,text')
      const text = await response.clone().text()
      console.log(text, (await response.arrayBuffer()).transfer().byteLength)
      const random = crypto.getRandomValues(new Uint8Array(4))
      console.log(random.buffer.transfer().byteLength)
      console.log('end')
    })()
  )") == "text 4 0\ntext 4\n4\n");
}

TEST_CASE("encoding: atob and btoa") {
  CHECK(run(R"(
    console.log(atob(' aGk= '), btoa('hi'), btoa('\xff'), atob('/w==').charCodeAt(0), btoa(''), atob(btoa('a\0b')).length)
    for (const f of [() => atob('a'), () => atob('a.bc'), () => btoa('\u20ac')])
      try { f() } catch (error) { console.log(error.name, error.code) }
  )") == "hi aGk= /w== 255  3\nInvalidCharacterError 5\nInvalidCharacterError 5\nInvalidCharacterError 5\n");
}

TEST_CASE("environment: performance, crypto, navigator") {
  CHECK(run(R"(
    const before = performance.now()
    console.log(before >= 0, performance.now() >= before, Math.abs(performance.timeOrigin + before - Date.now()) < 1000)
    const a = crypto.randomUUID()
    console.log(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(a), a !== crypto.randomUUID())
    const numbers = crypto.getRandomValues(new Uint32Array(8))
    console.log(numbers.some(n => n !== 0), crypto.getRandomValues(new Uint8Array(0)).length)
    for (const f of [() => crypto.getRandomValues(new Float32Array(1)), () => crypto.getRandomValues(new Uint8Array(65537))])
      try { f() } catch (error) { console.log(error.name) }
    console.log(/Mullion\/[\d.]+ Headless/.test(navigator.userAgent), navigator.language, navigator.languages)
    console.log(navigator.hardwareConcurrency > 0, navigator.onLine)
  )") ==
        "true true true\ntrue true\ntrue 0\nTypeMismatchError\nQuotaExceededError\ntrue en-US ['en-US']\ntrue false\n");
}

TEST_CASE("environment: WebAssembly.instantiate can be awaited") {
  CHECK(run_to_end(R"(
    const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0,
      7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11])
    ;(async () => {
      const {instance} = await WebAssembly.instantiate(bytes)
      console.log(instance.exports.add(40, 2))
      console.log('end')
    })()
  )") == "42\n");
}

TEST_CASE("platform: globals are there, are not enumerable, and look native enough") {
  CHECK(run(R"(
    const names = ['AbortController', 'AbortSignal', 'CloseEvent', 'CustomEvent', 'DOMException', 'Document', 'ErrorEvent',
      'Event', 'EventTarget', 'Headers', 'MessageEvent', 'PromiseRejectionEvent', 'Request', 'Response', 'TextDecoder',
      'TextEncoder', 'URL', 'URLSearchParams', 'addEventListener', 'atob', 'btoa', 'clearInterval', 'clearTimeout',
      'console', 'crypto', 'fetch', 'navigator', 'performance', 'queueMicrotask', 'reportError', 'self', 'setInterval',
      'setTimeout']
    for (const name of names) {
      const property = Object.getOwnPropertyDescriptor(window, name)
      if (!property || property.enumerable || !property.writable || !property.configurable) console.log(name)
    }
    console.log(window === self, window === globalThis, top === window, parent === window, this === window, opener)
    console.log(setTimeout.name, fetch.length >= 1, Object.keys(URL.prototype).includes('href'))
  )") == "true true true true true null\nsetTimeout true true\n");
}

TEST_CASE("platform: a page that patches the intrinsics breaks its own code only") {
  CHECK(run_to_end(R"(
    const {log} = console
    const nothing = () => { throw new Error('patched') }
    for (const prototype of [Array.prototype, Map.prototype, Set.prototype, Promise.prototype, String.prototype])
      for (const key of Object.getOwnPropertyNames(prototype))
        if (key !== 'constructor' && typeof Object.getOwnPropertyDescriptor(prototype, key).value === 'function')
          prototype[key] = nothing
    Reflect.apply = Object.freeze = JSON.parse = nothing
    log('x %s', 1, {a: [1]}, new URL('?a=b', 'http://h/').searchParams.get('a'))
    addEventListener('x', event => log(event.type))
    dispatchEvent(new Event('x'))
    log(new TextDecoder().decode(new TextEncoder().encode('text')), atob(btoa('y')))
    setTimeout(() => queueMicrotask(() => log('end')))
  )") == "x 1 {a: [1]} b\nx\ntext y\n");
}

TEST_CASE("platform: there are no elements, and asking for one is explained once") {
  CHECK(run(R"(
    console.log(document.getElementById, 'querySelector' in document, typeof HTMLElement)
    console.log(document.getElementById)
    document.querySelector('p')
  )") == "warning: document.getElementById: the headless backend has no elements, since it has no layout\n"
         "undefined false undefined\nundefined\n"
         "warning: document.querySelector: the headless backend has no elements, since it has no layout\n"
         "error: Uncaught TypeError: document.querySelector is not a function. (In 'document.querySelector('p')', "
         "'document.querySelector' is undefined) @ file://~/test.js:4\n");
}

}  // namespace mullion::headless
