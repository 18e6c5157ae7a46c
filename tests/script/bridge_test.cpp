// contextBridge between two worlds, and functions that native code exposes.
#include "frame.hpp"

namespace mullion::script {
namespace {

struct Bridge : Frame {
  Bridge() {
    preload("globalThis.bridge = require('mullion').contextBridge;"
            "globalThis.attempt = f => { try { return f() } catch (e) { return `${e.name}: ${e.message}` } }");
    eval(*page.context, "globalThis.log = []; globalThis.attempt = f => { try { return f() } catch (e) { return "
                        "`${e.name}: ${e.message}` } }");
  }
  void preload(std::string_view source) { script::preload(*this, source); }
  void expose(std::string_view api) {
    script::preload(*this, "require('mullion').contextBridge.exposeInMainWorld('api', " + std::string(api) + ")");
  }
  std::string in_page(std::string_view source) { return run(page, "String(" + std::string(source) + ")"); }
  std::string in_preload(std::string_view source) { return run(Frame::preload, "String(" + std::string(source) + ")"); }
  std::string log() { return text(*page.context, "log.splice(0).join(' ')"); }
};

}  // namespace

TEST_CASE("kernel bridge: what is exposed is a frozen deep copy, read-only on the window") {
  Bridge frame;
  frame.expose("{text: 'x', n: 1, big: 5n, nothing: null, undef: undefined, list: [1, {deep: true}], bytes: new "
               "Uint8Array([1, 2]),"
               "when: new Date(5), re: /a/g, map: new Map([[1, 2]]), set: new Set([3])}");
  CHECK(frame.in_page("[api.text, api.n, api.big, api.nothing, 'undef' in api, api.list[1].deep, "
                      "api.bytes.join('-'), +api.when, "
                      "String(api.re), api.map.get(1), api.set.has(3)]") == "x,1,5,,true,true,1-2,5,/a/g,2,true");
  CHECK(frame.in_page("[Object.isFrozen(api), Object.isFrozen(api.list), Object.isFrozen(api.list[1]), "
                      "Object.isFrozen(api.bytes), "
                      "Object.getPrototypeOf(api) === Object.prototype, api.list instanceof "
                      "Array]") == "true,true,true,false,true,true");
  CHECK(frame.in_page("(() => { 'use strict'; try { window.api = 1 } catch (e) { return e.name } })()") == "TypeError");
  CHECK(frame.in_page("delete window.api") == "false");
  CHECK(frame.in_page("Object.keys(window).includes('api')") == "true");
}

TEST_CASE("kernel bridge: a property that exists is not overwritten") {
  Bridge frame;
  frame.expose("1");
  CHECK(frame.in_preload("attempt(() => bridge.exposeInMainWorld('api', 2))") ==
        "Error: Cannot bind an API on top of an existing property on the window object");
  CHECK(frame.in_preload("attempt(() => bridge.exposeInMainWorld('toString', 2))") ==
        "Error: Cannot bind an API on top of an existing property on the window object");
  CHECK(frame.in_page("api") == "1");
}

TEST_CASE("kernel bridge: functions are called with copies, and answer with copies that are not frozen") {
  Bridge frame;
  frame.expose("{add: (a, b) => a + b, echo: value => value, keep(value) { globalThis.kept = value; return {a: [1]} "
               "}}");
  CHECK(frame.in_page("api.add(2, 40)") == "42");
  CHECK(frame.in_page("(() => { const o = {x: {y: 1}}; const c = api.echo(o); return [c !== o, c.x.y, "
                      "Object.isFrozen(c)] })()") ==
        "true,1,false");
  CHECK(frame.in_page("(() => { const r = api.keep({p: 1}); return Object.getPrototypeOf(r) === Object.prototype "
                      "})()") == "true");
  CHECK(frame.in_preload("[Object.getPrototypeOf(kept) === Object.prototype, Object.isFrozen(kept)]") == "true,false");
  CHECK(frame.in_page("[typeof api.add, api.add instanceof Function, 'prototype' in api.add, attempt(() => new "
                      "api.add())]").find(
            "function,true,false,TypeError") == 0);
}

TEST_CASE("kernel bridge: one call is one copy, so identity and cycles are kept across its arguments") {
  Bridge frame;
  frame.expose("{same: (a, b) => a === b && a.self === a, list: l => l[0] === l}");
  CHECK(frame.in_page("(() => { const o = {}; o.self = o; return api.same(o, o) })()") == "true");
  CHECK(frame.in_page("(() => { const l = []; l[0] = l; return api.list(l) })()") == "true");
}

TEST_CASE("kernel bridge: `this` is the object that had the function, on its own side") {
  Bridge frame;
  frame.expose("{n: 5, get: function () { return this && this.n }, inner: {n: 6, get() { return this.n }}}");
  CHECK(frame.in_page("[api.get(), api.inner.get(), (0, api.inner.get)(), api.inner.get.call({n: 1})]") == "5,6,6,6");
}

TEST_CASE("kernel bridge: a function that comes home is itself again, and one sent twice is one") {
  Bridge frame;
  frame.expose("{same: (a, b) => a === b, echo: f => f, on: f => { globalThis.listener = f }, off: f => f === "
               "globalThis.listener}");
  CHECK(frame.in_page("(() => { const f = () => 1; return [api.same(f, f), api.echo(f) === f, api.on(f), api.off(f), "
                      "api.off(() => 1)] })()") ==
        "true,true,,true,false");
  CHECK(frame.in_page("api.echo(api.echo) === api.echo") == "true");
}

TEST_CASE("kernel bridge: callbacks run in the page, also later") {
  Bridge frame;
  frame.expose("{later: f => { globalThis.f = f }}");
  frame.in_page("api.later((a, b) => { log.push(a.x + b); return {r: 1} })");
  CHECK(frame.in_preload("f({x: 1}, 2).r") == "1");
  CHECK(frame.log() == "3");
}

TEST_CASE("kernel bridge: promises settle on the other side, with copies") {
  Bridge frame;
  frame.expose("{good: async x => ({x}), bad: async () => { throw Object.assign(new TypeError('no'), {code: 'E', "
               "kind: 'denied', data: {d: 1}}) },"
               "odd: () => Promise.reject('text'), take: p => { p.then(v => { globalThis.got = v.x }) }, "
               "uncloneable: async () => new WeakMap(),"
               "nested: {p: Promise.resolve(7)}, later: () => new Promise(r => { globalThis.finish = r })}");
  frame.in_page("api.good(1).then(v => log.push(v.x, v.constructor === Object))");
  CHECK(frame.log() == "1 true");
  frame.in_page("api.bad().catch(e => log.push(e instanceof TypeError, e.name, e.message, e.code, e.kind, e.data.d))");
  CHECK(frame.log() == "true TypeError no E denied 1");
  frame.in_page("api.odd().catch(e => log.push(e))");
  CHECK(frame.log() == "text");
  frame.in_page("api.take(Promise.resolve({x: 9}))");
  CHECK(frame.in_preload("got") == "9");
  frame.in_page("api.uncloneable().catch(e => log.push(e.message))");
  CHECK(frame.log() == "An object could not be cloned. (result: WeakMap)");
  frame.in_page("api.nested.p.then(v => log.push(v))");
  CHECK(frame.log() == "7");
  frame.in_page("api.later().then(v => log.push(v))");
  CHECK(frame.log() == "");
  frame.in_preload("finish('done')");
  CHECK(frame.log() == "done");
}

TEST_CASE("kernel bridge: errors are the catcher's, with message, name, code, kind and data, and nothing else") {
  Bridge frame;
  frame.expose("{fail: how => { switch (how) { case 1: throw Object.assign(new RangeError('far', {cause: 1}), {code: "
               "'C', kind: 'denied', data: [1], other: 1});"
               "case 2: throw 'text'; case 3: throw {message: 'mine'}; case 4: throw null; case 5: class Own extends "
               "Error { name = 'Own' } throw new Own('o');"
               "case 6: throw Object.assign(new Error('m'), {data: () => {}}) } }, pass: e => [e instanceof Error, "
               "e.message, e.stack.includes('secret')].join()}");
  CHECK(frame.in_page("(() => { try { api.fail(1) } catch (e) { return [e instanceof RangeError, e.message, e.code, "
                      "e.kind, e.data, e.other, e.cause, "
                      "e.stack.includes('preload')] } })()") == "true,far,C,denied,1,,,false");
  CHECK(frame.in_page("attempt(() => api.fail(2))").find("Error: An unknown exception occurred in the isolated "
                                                         "context") == 0);
  CHECK(frame.in_page("attempt(() => api.fail(3))") == "Error: mine");
  CHECK(frame.in_page("attempt(() => api.fail(4))").find("Error: An unknown exception") == 0);
  CHECK(frame.in_page("attempt(() => api.fail(5))") == "Own: o");
  CHECK(frame.in_page("attempt(() => api.fail(6))") == "Error: m");
  CHECK(frame.in_page("api.pass(Object.assign(new Error('e'), {stack: 'secret'}))") == "true,e,false");
}

TEST_CASE("kernel bridge: what cannot cross is refused in the world that sent it, by its path") {
  Bridge frame;
  frame.expose("{take: () => 1, weak: () => ({deep: [new WeakSet()]})}");
  CHECK(frame.in_page("attempt(() => api.take({options: {x: Symbol('s')}}))") ==
        "Error: An object could not be cloned. (arguments[0].options.x: symbol)");
  CHECK(frame.in_page("attempt(() => api.take(new MessageChannel().port1))").find("Error: An object could not be "
      "cloned. (arguments[0]: MessagePort") == 0);
  CHECK(frame.in_page("attempt(() => api.weak())") == "Error: An object could not be cloned. (result.deep[0]: "
                                                      "WeakSet)");
  CHECK(frame.in_preload("attempt(() => bridge.exposeInMainWorld('other', {a: {b: (function* () {})()}}))") ==
        "Error: An object could not be cloned. (other.a.b: iterator or generator)");
  CHECK(frame.in_page("typeof other") == "undefined");
}

TEST_CASE("kernel bridge: 999 nested arrays work as an argument, 1000 do not") {
  Bridge frame;
  frame.expose("{take: () => 'ok'}");
  eval(*frame.page.context, "globalThis.nest = n => { let a = []; for (let i = 1; i < n; i++) a = [a]; return a }");
  CHECK(frame.in_page("api.take(nest(999))") == "ok");
  CHECK(frame.in_page("attempt(() => api.take(nest(1000)))") ==
        "TypeError: contextBridge recursion depth exceeded.  Nested objects deeper than 1000 are not supported.");
}

TEST_CASE("kernel bridge: class instances lose their class, symbol keys stay behind, registered symbols cross, "
          "ipcRenderer is empty") {
  Bridge frame;
  frame.preload("class P { own = 1; method() {} get computed() { return 2 } }; globalThis.P = P");
  frame.expose("{p: new P(), s: {[Symbol('hidden')]: 1, seen: 2}, tag: Symbol.for('shared'), ipc: "
               "require('mullion').ipcRenderer}");
  CHECK(frame.in_page("[JSON.stringify(api.p), Reflect.ownKeys(api.s), api.tag === Symbol.for('shared'), "
                      "JSON.stringify(api.ipc)]") ==
        "{\"own\":1},seen,true,{}");
}

TEST_CASE("kernel bridge: a page's __proto__ and toString members are members") {
  Bridge frame;
  frame.expose("{keys: o => Object.getOwnPropertyNames(o).join() + (Object.getPrototypeOf(o) === Object.prototype)}");
  CHECK(frame.in_page("api.keys(JSON.parse('{\"__proto__\": {\"x\": 1}, \"toString\": "
                      "2}'))") == "__proto__,toStringtrue");
}

TEST_CASE("kernel bridge: executeInMainWorld sends source and arguments") {
  Bridge frame;
  eval(*frame.page.context, "globalThis.secret = 5");
  CHECK(frame.in_preload("JSON.stringify(bridge.executeInMainWorld({func: function (a, b) { return {sum: a + b.n + "
                         "secret, self: this === null || this === globalThis} }, args: [1, {n: 2}]}))") ==
        "{\"sum\":8,\"self\":true}");
  CHECK(frame.in_preload("attempt(() => bridge.executeInMainWorld({}))") == "TypeError: Function 'func' is required "
      "in script");
  CHECK(frame.in_preload("attempt(() => bridge.executeInMainWorld({func() {}, args: 1}))") == "TypeError: 'args' "
      "must be an array");
  CHECK(frame.in_preload("attempt(() => bridge.executeInMainWorld({func: () => { throw new Error('page') "
                         "}}))") == "Error: page");
  CHECK(frame.in_preload("attempt(() => bridge.executeInMainWorld({func: () => 1, args: []}))") == "1");
}

TEST_CASE("kernel bridge: calls nest through both worlds, an exception passes all of them") {
  Bridge frame;
  frame.expose("{down: (n, f) => n === 0 ? f(0) : f(n)}");
  CHECK(frame.in_page("(() => { const f = n => n === 0 ? 'bottom' : api.down(n - 1, f); return api.down(20, f) "
                      "})()") == "bottom");
  CHECK(frame.in_page("attempt(() => api.down(1, () => { throw new TypeError('through') }))") == "TypeError: through");
}

TEST_CASE("kernel bridge: what nobody holds any more is let go of on the other side") {
  Bridge frame;
  frame.expose("{keep: f => { (globalThis.all ||= []).push(f) }, drop: () => { globalThis.all = null }}");
  frame.in_page("(() => { globalThis.collected = 0; globalThis.registry = new FinalizationRegistry(() => collected++);"
                "for (let i = 0; i < 50; i++) { const f = () => i; registry.register(f, i); api.keep(f) } })()");
  frame.script.engine->collect_garbage();
  CHECK(frame.in_page("collected") == "0");
  frame.in_page("api.drop()");
  CHECK(frame.collect_until([&] { return eval(*frame.page.context, "collected").number() > 40; }));
}

TEST_CASE("kernel bridge: a proxy sent again while its finalizer waits stays alive") {
  Bridge frame;
  frame.expose("{call: f => f(), many: f => { for (let i = 0; i < 10; i++) f() }}");
  frame.in_page("globalThis.f = () => log.push('x')");
  for (int i = 0; i < 20; ++i) {
    frame.in_page("api.call(f)");
    if (i % 5 == 0) frame.script.engine->collect_garbage();
    if (i % 7 == 0) frame.script.run_until([] { return true; });
  }
  CHECK(frame.in_page("log.length") == "20");
}

TEST_CASE("kernel bridge: a page that used up the stack is thrown errors of its own world only") {
  Bridge frame;
  frame.expose("{f: () => [1, {a: 'text'}]}");
  CHECK(frame.in_page(R"js((() => {
    const foreign = []
    let calls = 0, failures = 0
    const call = () => {
      try {
        api.f()
        calls++
      } catch (error) {
        failures++
        if (!(error instanceof Error)) foreign.push(String(error))
      }
    }
    const dig = () => {
      try {
        dig()
      } finally {
        call()
      }
    }
    try { dig() } catch {}
    return [foreign.length, calls > 0, failures > 0]
  })())js") == "0,true,true");
}

TEST_CASE("kernel bridge: calls into a world that was released fail, and say so") {
  Bridge frame;
  frame.expose("{f: () => 1}");
  frame.Frame::preload.release();
  CHECK(frame.in_page("(() => { try { api.f() } catch (e) { return [e.code, e.kind] } "
                      "})()") == "released,disconnected");
}

TEST_CASE("kernel bridge: native code exposes functions, values and promises, and hears when they are let go of") {
  Bridge frame;
  std::vector<std::string> calls;
  frame.on_native = [&](FunctionId function, Value arguments) -> Outcome {
    calls.push_back(std::to_string(function) + arguments.inspect());
    if (function == 7) return {true, encode(Value{{"name", "a.txt"}, {"bytes", Value::bigint(std::int64_t{5})}})};
    if (function == 8) return {true, bridge_promise(native_world, 31)};
    return {false, encode(Value::error(Error{.kind = Kind::invalid, .code = "ENOENT", .message = "no such file"}))};
  };
  std::array members{BridgeMember{"open", bridge_function(native_world, 7)},
                     BridgeMember{"wait", bridge_function(native_world, 8)},
                     BridgeMember{"fail", bridge_function(native_world, 9)},
                     BridgeMember{"info", encode(Value{{"v", Value::array({1, 2})}, {"w", 3}})}};
  auto exposed = frame.page.kernel->bridge_expose("explorer", bridge_object(members));
  REQUIRE(exposed);
  REQUIRE(exposed->ok);
  CHECK(frame.in_page("JSON.stringify([explorer.info, explorer.open({path: 'x'}, [1]).name, typeof "
                      "explorer.open('y').bytes])") ==
        "[{\"v\":[1,2],\"w\":3},\"a.txt\",\"bigint\"]");
  CHECK(calls == std::vector<std::string>{"7[ { path: 'x' }, [ 1 ] ]", "7[ 'y' ]"});
  CHECK(frame.in_page("(() => { try { explorer.fail() } catch (e) { return [e.name, e.message, e.code, e.kind] } "
                      "})()") ==
        "Error,no such file,ENOENT,invalid");
  frame.in_page("explorer.wait().then(v => log.push(v.done), e => log.push(e.message))");
  frame.page.kernel->bridge_settle(31, true, encode(Value{{"done", 1}}));
  CHECK(frame.log() == "1");
  frame.page.kernel->bridge_settle(31, true, encode(Value()));
  CHECK(frame.in_page("attempt(() => explorer.open(() => {}))") == "Error: An object could not be cloned. "
                                                                   "(arguments[0]: function)");
  auto again = frame.page.kernel->bridge_expose("explorer", encode(Value(1)));
  REQUIRE(again);
  CHECK_FALSE(again->ok);
}

TEST_CASE("kernel bridge: messages of the bridge's own tags are refused elsewhere, and malformed ones anywhere") {
  Bridge frame;
  auto exposed = frame.page.kernel->bridge_expose("x", std::array{std::byte(1), std::byte(0x17)});
  REQUIRE(exposed);
  CHECK_FALSE(exposed->ok);
  auto foreign = frame.page.kernel->bridge_expose("x", bridge_function(isolated_world, 1));
  CHECK_FALSE(foreign->ok);
  auto home = frame.page.kernel->bridge_expose("x", bridge_function(main_world, 12345));
  CHECK_FALSE(home->ok);
  eval(*frame.page.context, "addEventListener('messageerror', () => log.push('messageerror'))");
  frame.page.kernel->window_message(bridge_function(native_world, 7), "", {});
  CHECK(frame.log() == "messageerror");
}

}  // namespace mullion::script
