// A page that replaces everything that can be replaced, after the kernel was there: the kernel must neither notice nor
// call any of it. (One thing it does not hide: a page that gives Array.prototype an index reads it in its own holes.)
#include "frame.hpp"

namespace mullion::script {
namespace {

constexpr std::string_view tampering = R"js((() => {
  const {apply, defineProperty, getOwnPropertyDescriptor, ownKeys} = Reflect
  const {getPrototypeOf} = Object
  const hits = globalThis.hits = []
  let armed = false
  globalThis.arm = value => { armed = value }
  const note = name => {
    if (armed) defineProperty(hits, hits.length, {__proto__: null, value: name, configurable: true})
  }
  const wrap = (name, f) => function () { note(name); return apply(f, this, arguments) }

  function poison(object, label) {
    for (const key of ownKeys(object)) {
      const property = getOwnPropertyDescriptor(object, key)
      if (label === 'MessageEvent.prototype' && (key === 'data' || key === 'ports')) continue  // read by listeners
      if (key === 'constructor' || !property.configurable) continue
      property.__proto__ = null
      const name = `${label}.${typeof key === 'symbol' ? key.description : key}`
      if (typeof property.value === 'function' && !property.value.prototype) property.value = wrap(name, property.value)
      if (property.get) property.get = wrap(`get ${name}`, property.get)
      if (property.set) property.set = wrap(`set ${name}`, property.set)
      defineProperty(object, key, property)
    }
  }
  // A member that nobody has, on the root of everything.
  function trap(object, key, label) {
    if (key in object) return
    defineProperty(object, key, {__proto__: null, configurable: true,
      get() { note(`get ${label}.${key}`) }, set(value) { note(`set ${label}.${key}`) }})
  }
  const global = globalThis
  const names = ['Array', 'ArrayBuffer', 'BigInt', 'Boolean', 'DataView', 'Date', 'Error', 'FinalizationRegistry',
    'Function', 'Map', 'Number', 'Object', 'Promise', 'RegExp', 'Set', 'String', 'Symbol', 'WeakMap', 'WeakRef',
    'WeakSet', 'Uint8Array', 'Float64Array', 'BigUint64Array', 'TypeError', 'RangeError', 'Event', 'EventTarget',
    'MessageEvent',
    'MessagePort', 'MessageChannel', 'DOMException']
  const classes = names.map(name => [name, global[name]])
  const iterators = [[][Symbol.iterator](), new Map().entries(), new Set().values(), ''[Symbol.iterator]()]
    .map(i => getPrototypeOf(i))
  const typed = getPrototypeOf(Uint8Array)
  const list = [...classes, ['TypedArray', typed]]
  for (const [name, Class] of list) {
    const later = ['Object', 'Function', 'MessagePort', 'MessageChannel']
    if (!later.includes(name)) poison(Class.prototype, `${name}.prototype`)
    if (name !== 'Function') poison(Class, name)
  }
  for (const iterator of iterators) poison(iterator, 'iterator')
  poison(getPrototypeOf(iterators[0]), 'Iterator.prototype')
  poison(Function.prototype, 'Function.prototype')
  poison(Object.prototype, 'Object.prototype')
  for (const name of ['Reflect', 'JSON', 'Math']) poison(global[name], name)
  for (const name of names) {
    if (name === 'MessageChannel' || name === 'Object') continue
    const value = global[name]
    defineProperty(global, name, {__proto__: null, configurable: true, set() {},
      get() { note(`global ${name}`); return value }})
  }
  Object.setPrototypeOf(MessagePort, function () { note('MessagePort parent') })
  for (const key of ['get', 'set', 'writable', 'enumerable', 'configurable', 'transfer', 'ports', 'next', 'first',
    'last', 'end', 'mode', 'root', 'exports', 'promises', 'suffix', 'count', 'code', 'kind', 'message', 'started', 'id',
    'peer', 'self', 'fn',
    'resolve', 'reject', 'channel', 'listener', 'once', 'world', 'list', 'text', 'run', 'subject', '0', '1', '2', '3'])
    trap(Object.prototype, key, 'Object.prototype')
  for (const key of ['0', '1', '2', '3', '5']) trap(Array.prototype, key, 'Array.prototype')
})())js";

struct Tampered : Frame {
  Tampered() {
    script::preload(*this, R"(
      globalThis.got = [];
      require('mullion').contextBridge.exposeInMainWorld('api', {
        echo: v => v, callback: f => f({x: 1}), later: async v => ({v}),
        fail: () => { throw Object.assign(new TypeError('no'), {code: 'E'}) },
        inspect: v => { got.push(v); return JSON.stringify(v) },
      });)");
    port = ports.create(nullptr);
    ports.ends[port].owner = &page.kernel;
    eval(*page.context, "globalThis.seen = {__proto__: null, last: undefined, count: 0}; addEventListener('message', "
                        "e => { if (e.ports.length) { globalThis.port = e.ports[0];"
                        "e.ports[0].onmessage = m => { seen.last = m.data; seen.count = seen.count + 1; "
                        "globalThis.port.postMessage(m.data) } } })");
    page.kernel->window_message(encode(Value(0)), "null", std::array{port});
    eval(*page.context, tampering);
  }
  // Runs a statement with the traps armed, and all that follows; answers what was hit.
  std::string hits(std::string_view statement) {
    auto ran = page.context->evaluate("arm(true); " + std::string(statement) + "; arm(false); 0", "tamper.js");
    INFO((ran ? std::string() : ran.error().message));
    CHECK(ran);
    eval(*page.context, "arm(true)");
    drain();
    eval(*page.context, "arm(false)");
    auto all = text(*page.context, "(() => { let all = ''; for (let i = 0; i < hits.length; i++) all += hits[i] + ' "
                                   "'; hits.length = 0; return all })()");
    return all;
  }
  Value received() {
    REQUIRE_FALSE(ports.ends[port + 1].queue.empty());
    auto value = *decode(ports.ends[port + 1].queue.back().bytes);
    ports.ends[port + 1].queue.clear();
    return value;
  }
  PortId port = 0;
};

}  // namespace

TEST_CASE("kernel tampering: the page's own use of what it replaced is seen, so the traps work") {
  Tampered frame;
  auto hits = frame.hits("[5].map(x => x); new Map().get(1); ({}).mode; ''.trim()");
  for (auto name : {"Array.prototype.map ", "global Map ", "Map.prototype.get ", "get Object.prototype.mode "
      "", "String.prototype.trim "})
    CHECK(hits.find(name) != std::string::npos);
}

TEST_CASE("kernel tampering: cloning and posting call nothing of the page's") {
  Tampered frame;
  CHECK(frame.hits("port.postMessage({a: [1, 'two', 3n, null, undefined, true, -1.5], b: {c: {}}})") == "");
  CHECK(frame.received().inspect() == "{ a: [ 1, 'two', 3n, null, undefined, true, -1.5 ], b: { c: {} } }");
  eval(*frame.page.context, "const values = {when: new Date(0), re: /a+/gi, map: new Map([['k', new Set([1])]]), "
                            "bytes: new Uint8Array([1, 2]).subarray(1), "
                            "view: new DataView(new ArrayBuffer(2)), error: new TypeError('no'), boxed: Object('s'), "
                            "long: 'x'.repeat(1000), wide: '\\u{1F600}', lone: '\\ud800'}");
  CHECK(frame.hits("port.postMessage(values)") == "");
  CHECK(frame.received().inspect().find("{ when: 1970-01-01T00:00:00.000Z, re: /a+/gi, map: Map(1) { 'k' => Set(1) { "
                                        "1 } }") == 0);
}

TEST_CASE("kernel tampering: what arrives is built without the page's help") {
  Tampered frame;
  Value everything{{"list", Value::array({1, "two", nullptr, true, Value::hole()})},
                   {"value", 1},
                   {"get", 2},
                   {"0", 3},
                   {"__proto__", 4},
                   {"when", Value::date(0)},
                   {"re", Value::regexp("a", "g")},
                   {"map", Value::map({{"k", Value::set({1, 2})}})},
                   {"bytes", Value(Buffer(3))},
                   {"error", Value::error(Error{.kind = Kind::denied, .code = "E", .message = "no"})},
                   {"boxed", Value::boxed(true)},
                   {"text", std::string(1000, 'x')}};
  REQUIRE(frame.ports.post(frame.port + 1, encode(everything), {}));
  CHECK(frame.hits("0") == "");
  CHECK(eval(*frame.page.context, "seen.count").number() == 1);
  CHECK(frame.received() == everything);
}

TEST_CASE("kernel tampering: channels deliver, transfer and close") {
  Tampered frame;
  eval(*frame.page.context, "const c = new MessageChannel(), d = new MessageChannel(); const log = []; let n = 0;"
                            "c.port2.onmessage = e => { n += 1; if (e.ports.length) { e.ports[0].onmessage = m => { "
                            "n += m.data }; e.ports[0].onclose = m => { n += 1000 } } };");
  CHECK(frame.hits("c.port1.postMessage(1); c.port1.postMessage(2, [d.port2]); d.port1.postMessage(10); "
                   "d.port1.close()") == "");
  CHECK(eval(*frame.page.context, "n").number() == 1012);
}

TEST_CASE("kernel tampering: structuredClone works") {
  Tampered frame;
  eval(*frame.page.context, "let copy; const buffer = new ArrayBuffer(4)");
  CHECK(frame.hits("copy = structuredClone({list: [1, {x: buffer}]}, {__proto__: null, transfer: [buffer]})") == "");
  CHECK(eval(*frame.page.context, "copy.list[0]").number() == 1);
}

TEST_CASE("kernel tampering: the bridge calls, answers, rejects and calls back") {
  Tampered frame;
  eval(*frame.page.context, "let answer, error, promised");
  CHECK(frame.hits("answer = api.inspect({a: [1, {b: 2}], c: 'x'})") == "");
  CHECK(text(*frame.page.context, "answer") == "{\"a\":[1,{\"b\":2}],\"c\":\"x\"}");
  CHECK(frame.hits("api.callback(o => { answer = o.x; return o })") == "");
  CHECK(eval(*frame.page.context, "answer").number() == 1);
  CHECK(frame.hits("try { api.fail() } catch (e) { error = e }") == "");
  CHECK(text(*frame.page.context, "error.message + error.code") == "noE");
  CHECK(frame.hits("promised = api.later(5)") == "");
  CHECK(text(*frame.preload.context, "String(Object.getPrototypeOf(got[0]) === Object.prototype)") == "true");
}

TEST_CASE("kernel tampering: a hostile promise cannot reach into the preload") {
  Tampered frame;
  eval(*frame.page.context, R"(
    let reached = 0;
    const evil = Promise.resolve(1);
    evil.constructor = {[Symbol.species]: function (executor) { reached++; executor(() => {}, () => {}) }};)");
  (void)frame.hits("api.echo(evil)");
  frame.drain();
  CHECK(eval(*frame.page.context, "reached").number() == 1);
  CHECK(frame.page.reports.empty());
  eval(*frame.page.context, "Object.defineProperty(Promise.prototype, 'constructor', {__proto__: null, get() { throw "
                            "new Error('mine') }})");
  (void)frame.hits("api.echo(Promise.reject(1))");
  CHECK(frame.page.reports.empty());
}

TEST_CASE("kernel tampering: window.postMessage reaches the window") {
  Tampered frame;
  eval(*frame.page.context, "let text = ''; addEventListener('message', e => { text += e.data })");
  CHECK(frame.hits("postMessage('hello', '*')") == "");
  CHECK(text(*frame.page.context, "text") == "hello");
}

TEST_CASE("kernel tampering: proxies and throwing members fail their own message only") {
  Tampered frame;
  eval(*frame.page.context, R"(
    let failures = 0;
    const fail = () => { throw new Error('trap') };
    const trap = new Proxy({}, {get: fail, ownKeys: fail, getPrototypeOf: fail});
    for (const value of [trap, {a: trap}, [trap], new Map([[trap, 1]]), {get x() { throw 1 }}]) {
      try { port.postMessage(value) } catch { failures++ }
      try { api.echo(value) } catch { failures++ }
    })");
  CHECK(eval(*frame.page.context, "failures").number() == 10);
  CHECK(frame.hits("port.postMessage('after')") == "");
  CHECK(frame.received().string() == "after");
}

}  // namespace mullion::script
