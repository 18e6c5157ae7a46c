// Scripts that main asks for, reports, release, and what a page sees of the kernel.
#include "frame.hpp"

namespace mullion::script {
namespace {

std::string executed(Frame& frame, std::string_view code) {
  frame.page.results.clear();
  frame.page.kernel->execute(7, code, "execute.js");
  frame.drain();
  REQUIRE(frame.page.results.size() == 1);
  CHECK(frame.page.results[0].request == 7);
  return (frame.page.results[0].ok ? "ok " : "error ") + frame.page.results[0].value.inspect();
}

}  // namespace

TEST_CASE("kernel execute: the completion value is answered, promises are followed") {
  Frame frame;
  CHECK(executed(frame, "var x = 1; x + 1") == "ok 2");
  CHECK(executed(frame, "({a: [x]})") == "ok { a: [ 1 ] }");
  CHECK(executed(frame, "Promise.resolve().then(() => 'later')") == "ok 'later'");
  CHECK(executed(frame, "") == "ok undefined");
  CHECK(executed(frame, "10n ** 20n") == "ok 100000000000000000000n");
}

TEST_CASE("kernel execute: what is thrown or rejected is answered with its type") {
  Frame frame;
  CHECK(executed(frame, "null.x").find("error [TypeError: ") == 0);
  CHECK(executed(frame, "Promise.reject(Object.assign(new RangeError('far'), {code: 'E'}))").find("error "
      "[RangeError: far, code: 'E'") == 0);
  CHECK(executed(frame, "throw 5") == "error 5");
  CHECK(executed(frame, "let = ").find("error [SyntaxError") == 0);
  CHECK(executed(frame, "({f() {}})") == "error [Error: An object could not be cloned. (result.f: function)]");
  CHECK(executed(frame, "Promise.resolve(Symbol())") == "error [Error: An object could not be cloned. (result: "
                                                        "symbol)]");
}

TEST_CASE("kernel report: the place is read from the error, or from the stack of either engine") {
  Frame frame;
  script::preload(frame, "require('mullion').ipcRenderer.on('throw', (event, stack) => {"
                         "throw {name: 'Error', message: 'm', stack} })");
  struct Case {
    const char* stack;
    const char* place;
  };
  for (auto [stack, place] : {Case{"Error: m\n    at f (https://h/a.js:10:5)\n    at b.js:1:1", "https://h/a.js:10:5"},
                              Case{"Error: m\n    at file:///x/a b.js:7:3", "file:///x/a b.js:7:3"},
                              Case{"f@app:///c.js:2:9\ng@app:///d.js:1:1", "app:///c.js:2:9"},
                              Case{"encode@mullion:kernel:1:2\nh@app:///e.js:4:6", "app:///e.js:4:6"},
                              Case{"app:///anonymous.js:8:1", "app:///anonymous.js:8:1"},
                              Case{"Error: at noon: 12:30", ":0:0"}, Case{"", ":0:0"}}) {
    CAPTURE(stack);
    frame.preload.reports.clear();
    frame.preload.kernel->ipc_message("throw", encode(Value::array({stack})), {});
    REQUIRE(frame.preload.reports.size() == 1);
    const Exception& report = frame.preload.reports[0];
    CHECK(report.url + ":" + std::to_string(report.line) + ":" + std::to_string(report.column) == place);
  }
}

TEST_CASE("kernel report: whatever is thrown is reported") {
  Frame frame;
  script::preload(frame, "require('mullion').ipcRenderer.on('throw', (event, how) => { switch (how) {"
                         "case 0: throw 'text'; case 1: throw null; case 2: throw {}; case 3: throw Symbol('s');"
                         "case 4: throw {get message() { throw 1 }, get stack() { throw 2 }, toString: null} } })");
  std::string messages;
  for (int how = 0; how < 5; ++how) frame.preload.kernel->ipc_message("throw", encode(Value::array({how})), {});
  for (auto& report : frame.preload.reports) messages += report.message + "; ";
  CHECK(messages == "text; null; [object Object]; Symbol(s); an object that cannot be converted to a string; ");
}

TEST_CASE("kernel: a page finds nothing but what the web has") {
  Script script;
  auto plain = script.world();
  eval(*plain, platform_source());
  std::string before = text(*plain, "Object.getOwnPropertyNames(globalThis).sort().join()");
  Frame frame;
  for (World* world : {&frame.page, &frame.preload}) {
    eval(*world->context, "globalThis.before = '" + before + "'.split(',')");
    CHECK(text(*world->context, "const web = ['before', 'MessageChannel', 'MessagePort', 'postMessage', "
                                "'structuredClone']; [Object.getOwnPropertyNames(globalThis).filter(k => "
                                "!before.includes(k) && !web.includes(k)), web.every(k => k in globalThis)].join()") ==
          ",true");
  }
  CHECK(text(*frame.page.context, "typeof require + typeof ipcRenderer + typeof contextBridge + typeof mullion") ==
        "undefinedundefinedundefinedundefined");
  CHECK(text(*frame.page.context, "Object.keys(globalThis).filter(k => "
                                  "/MessageP|MessageC|post|Clone/.test(k)).join()") == "postMessage,structuredClone");
}

TEST_CASE("kernel: worlds do not see each other's globals or prototypes") {
  Frame frame;
  script::preload(frame, "globalThis.secret = 1; Array.prototype.mine = 1; "
                         "require('mullion').contextBridge.exposeInMainWorld('api', {f: () => [1]})");
  CHECK(frame.run(frame.page, "typeof secret + typeof [].mine + (api.f() instanceof Array) + typeof "
                              "api.f().mine") == "undefinedundefinedtrueundefined");
  CHECK(frame.run(frame.page, "api.f.constructor === Function && api.f.constructor('return typeof "
                              "secret')()") == "undefined");
}

TEST_CASE("kernel: a context ends after its kernel, with everything that was open") {
  Frame frame;
  script::preload(frame, "const {contextBridge, ipcRenderer} = require('mullion'); ipcRenderer.on('c', () => {}); "
                         "ipcRenderer.invoke('x');"
                         "contextBridge.exposeInMainWorld('api', {f: g => g, p: new Promise(() => {})})");
  frame.run(frame.page, "globalThis.c = new MessageChannel(); c.port1.onmessage = () => {}; c.port2.postMessage(1); "
                        "api.f(() => 1); ''");
  frame.preload.release();
  frame.preload.context.reset();
  frame.page.release();
  CHECK(text(*frame.page.context, "c.port2.postMessage(2); 'fine'") == "fine");
  frame.drain();
  frame.page.context.reset();
  frame.script.engine->collect_garbage();
}

TEST_CASE("kernel: frames come and go on one engine") {
  Script script;
  for (int i = 0; i < 20; ++i) {
    auto world = script.world();
    eval(*world, platform_source());
    eval(*world, "globalThis.junk = new Array(1000).fill({})");
  }
  script.engine->collect_garbage();
}

}  // namespace mullion::script
