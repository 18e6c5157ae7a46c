// ipcRenderer, require, and window.postMessage between the worlds.
#include "frame.hpp"

namespace mullion::script {
namespace {

struct Renderer : Frame {
  Renderer() {
    script::preload(*this, "globalThis.ipc = require('mullion').ipcRenderer; globalThis.log = [];"
                           "globalThis.attempt = f => { try { return f() } catch (e) { return `${e.name}: "
                           "${e.message}` } }");
    eval(*page.context, "globalThis.log = []");
  }
  std::string run(std::string_view source) { return Frame::run(preload, "String(" + std::string(source) + ")"); }
  std::string log() { return text(*preload.context, "log.splice(0).join(' ')"); }
  std::string page_log() { return text(*page.context, "log.splice(0).join(' ')"); }
  void message(std::string_view channel, const Value& arguments, std::vector<PortId> carried = {}) {
    preload.kernel->ipc_message(channel, encode(arguments), carried);
    drain();
  }
  Sent last() {
    REQUIRE_FALSE(preload.sent.empty());
    return preload.sent.back();
  }
};

}  // namespace

TEST_CASE("kernel ipcRenderer: send carries all arguments as one clone") {
  Renderer frame;
  frame.run("(() => { const o = {a: 1}; ipc.send('channel', o, [o], undefined) })()");
  CHECK(frame.last().how == "send");
  CHECK(frame.last().channel == "channel");
  CHECK(frame.last().arguments.inspect() == "[ { a: 1 }, [ { a: 1 } ], undefined ]");
  const Value arguments = frame.last().arguments;
  CHECK(arguments[0].members().data() == arguments[1][0].members().data());
}

TEST_CASE("kernel ipcRenderer: what cannot be sent throws at once and names the culprit") {
  Renderer frame;
  CHECK(frame.run("attempt(() => ipc.send('c', 1, {on: {click() {}}}))") ==
        "Error: An object could not be cloned. (arguments[1].on.click: function)");
  CHECK(frame.run("attempt(() => ipc.invoke('c', Symbol()))") == "Error: An object could not be cloned. "
                                                                 "(arguments[0]: symbol)");
  CHECK(frame.run("attempt(() => ipc.sendSync('c', new WeakMap()))") == "Error: An object could not be cloned. "
      "(arguments[0]: WeakMap)");
  CHECK(frame.run("attempt(() => ipc.send())") ==
        "TypeError: Error processing argument at index 0, conversion failure from undefined");
  CHECK(frame.preload.sent.empty());
}

TEST_CASE("kernel ipcRenderer: a native refusal is thrown with code and kind") {
  Renderer frame;
  frame.preload.refuse = Error{.kind = Kind::denied, .code = "policy", .message = "not allowed"};
  CHECK(frame.run("(() => { try { ipc.send('c') } catch (e) { return [e.message, e.code, e.kind] } })()") == "not "
      "allowed,policy,denied");
  frame.run("ipc.invoke('c').catch(e => log.push(e.message))");
  CHECK(frame.log() == "not allowed");
}

TEST_CASE("kernel ipcRenderer: listeners are called in order with an event and the arguments") {
  Renderer frame;
  frame.run("ipc.on('c', (event, ...args) => log.push('1' + args.join() + (event.sender === ipc) + event.ports.length))"
            ".addListener('c', function () { log.push('2' + (this === ipc)) }).once('c', () => log.push('once'))");
  frame.message("c", Value::array({1, "x"}));
  frame.message("c", Value::array({2}));
  frame.message("other", Value::array({3}));
  CHECK(frame.log() == "11,xtrue0 2true once 12true0 2true");
}

TEST_CASE("kernel ipcRenderer: listeners can be removed, also while they run") {
  Renderer frame;
  frame.run("(() => { globalThis.f = () => log.push('f'); globalThis.g = () => { log.push('g'); ipc.off('c', f) };"
            "ipc.on('c', f); ipc.on('c', f); ipc.on('c', g); ipc.on('d', f) })()");
  frame.message("c", Value::array({}));
  frame.message("c", Value::array({}));
  CHECK(frame.log() == "f f g f g");
  CHECK(frame.run("[ipc.listenerCount('c'), ipc.eventNames().join('+')]") == "1,c+d");
  frame.run("ipc.removeListener('c', () => {}).removeAllListeners('c')");
  frame.message("c", Value::array({}));
  CHECK(frame.log() == "");
  frame.run("ipc.removeAllListeners()");
  CHECK(frame.run("ipc.eventNames().length") == "0");
  CHECK(frame.run("attempt(() => ipc.on('c', 5))") == "TypeError: The \"listener\" argument must be of type "
                                                      "function. Received type number");
}

TEST_CASE("kernel ipcRenderer: a listener that throws is reported, and the others still run") {
  Renderer frame;
  frame.run("ipc.on('c', () => { throw new RangeError('mine') }).on('c', () => log.push('second'))");
  frame.message("c", Value::array({}));
  CHECK(frame.log() == "second");
  REQUIRE(frame.preload.reports.size() == 1);
  CHECK(frame.preload.reports[0].name == "RangeError");
  CHECK(frame.preload.reports[0].message == "mine");
  CHECK(frame.preload.reports[0].url == "test.js");
  CHECK(frame.preload.reports[0].line == 1);
  CHECK(frame.preload.reports[0].stack.find("test.js") != std::string::npos);
}

TEST_CASE("kernel ipcRenderer: sendSync returns what native code answers, or throws") {
  Renderer frame;
  frame.preload.on_sync = [](const Value& arguments) -> Result<Value> {
    if (arguments[0].string() == "fail") return std::unexpected(Error{Kind::disconnected, "gone", "no reply"});
    return Value{{"got", arguments[0]}};
  };
  CHECK(frame.run("JSON.stringify(ipc.sendSync('c', 'x'))") == "{\"got\":\"x\"}");
  CHECK(frame.run("(() => { try { ipc.sendSync('c', 'fail') } catch (e) { return [e.message, e.code, e.kind] } "
                  "})()") == "no reply,gone,disconnected");
}

TEST_CASE("kernel ipcRenderer: invoke resolves and rejects by its request, in any order") {
  Renderer frame;
  frame.run("(() => { ipc.invoke('a', 1).then(v => log.push('a' + v.x)); ipc.invoke('b').then(v => log.push('b' + "
            "v)) })()");
  auto& sent = frame.preload.sent;
  REQUIRE(sent.size() == 2);
  frame.preload.kernel->invoke_reply(sent[1].request, true, encode(Value("second")));
  frame.preload.kernel->invoke_reply(sent[0].request, true, encode(Value{{"x", 1}}));
  frame.preload.kernel->invoke_reply(sent[0].request, true, encode(Value{{"x", 2}}));
  frame.preload.kernel->invoke_reply(999, true, encode(Value()));
  CHECK(frame.log() == "bsecond a1");
}

TEST_CASE("kernel ipcRenderer: a failed invoke says which method, with name, code, kind and data") {
  Renderer frame;
  frame.run("ipc.invoke('open').catch(e => { globalThis.error = e; log.push(e instanceof TypeError, e.message, "
            "e.code, e.kind, e.data.d) })");
  frame.preload.kernel->invoke_reply(frame.last().request, false,
                                     encode(Value::error({.name = "TypeError",
                                                          .message = "bad",
                                                          .stack = {},
                                                          .code = "E",
                                                          .kind = "invalid",
                                                          .data = Value{{"d", 1}},
                                                          .cause = {}})));
  CHECK(frame.log() == "true Error invoking remote method 'open': TypeError: bad E invalid 1");
  frame.run("ipc.invoke('x').catch(e => log.push(e.name, e.message))");
  frame.preload.kernel->invoke_reply(frame.last().request, false, encode(Value("reply was never sent")));
  CHECK(frame.log() == "Error Error invoking remote method 'x': reply was never sent");
  frame.run("ipc.invoke('y').catch(e => log.push(e.message))");
  frame.preload.kernel->invoke_reply(frame.last().request, true, std::array{std::byte(9)});
  CHECK(frame.log().find("Error invoking remote method 'y': DataCloneError: malformed message") == 0);
}

TEST_CASE("kernel ipcRenderer: postMessage sends one message and ports, which are gone then") {
  Renderer frame;
  frame.run("(() => { const c = new MessageChannel(); globalThis.c = c; c.port1.postMessage('early'); "
            "ipc.postMessage('p', {x: 1}, [c.port2]) })()");
  auto sent = frame.last();
  CHECK(sent.how == "post");
  CHECK(sent.arguments.inspect() == "[ { x: 1 } ]");
  REQUIRE(sent.ports.size() == 1);
  CHECK(decode(frame.ports.ends[sent.ports[0]].queue[0].bytes)->string() == "early");
  CHECK(frame.run("attempt(() => ipc.postMessage('p', 0, [c.port2]))") == "DataCloneError: Port at index 0 is "
      "already neutered.");
  CHECK(frame.run("attempt(() => ipc.postMessage('p', 0, [{}]))") == "TypeError: Invalid value for transfer");
  CHECK(frame.run("attempt(() => ipc.postMessage('p', 0, null))") == "TypeError: Invalid value for transfer");
  frame.run("ipc.postMessage('p', 'alone')");
  CHECK(frame.last().arguments.inspect() == "[ 'alone' ]");
}

TEST_CASE("kernel ipcRenderer: ports arrive in event.ports") {
  Renderer frame;
  PortId port = frame.ports.create(nullptr);
  frame.ports.ends[port].owner = &frame.preload.kernel;
  frame.run("ipc.on('p', (event, message) => { event.ports[0].onmessage = e => log.push(message + e.data) })");
  frame.message("p", Value::array({"m"}), {port});
  REQUIRE(frame.ports.post(port + 1, encode(Value("hello")), {}));
  frame.drain();
  CHECK(frame.log() == "mhello");
}

TEST_CASE("kernel ipcRenderer: after the world was released every call fails") {
  Renderer frame;
  frame.preload.release();
  std::string gone = "Error: IPC method called after context was released";
  for (std::string call : {"ipc.send('c')", "ipc.sendSync('c')", "ipc.postMessage('c', 1)"}) {
    CAPTURE(call);
    CHECK(frame.run("attempt(() => " + call + ")") == gone);
  }
  frame.run("ipc.invoke('c').catch(e => log.push(e))");
  CHECK(frame.log() == gone);
}

TEST_CASE("kernel require: mullion, or a sentence") {
  Renderer frame;
  auto missing = frame.preload.kernel->run_preload("require('fs')", "p.js");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("module not found: fs") != std::string::npos);
  CHECK(frame.preload.kernel->run_preload("module.exports = 1; exports.x = 2; if "
                                          "(!require('mullion').ipcRenderer.send) throw 1", "p.js"));
  auto broken = frame.preload.kernel->run_preload("let x = ;", "broken.js");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == "SyntaxError");
  auto thrown = frame.preload.kernel->run_preload("\n\nnull.x // the last line", "thrown.js");
  REQUIRE_FALSE(thrown);
  CHECK(thrown.error().message.find("thrown.js:3") != std::string::npos);
}

TEST_CASE("kernel window: the preload's postMessage reaches the page with its ports, both worlds see the message") {
  Renderer frame;
  eval(*frame.page.context, "addEventListener('message', e => { log.push(e.data, e.source === window, "
                            "e.ports.length, e.ports[0] instanceof MessagePort);"
                            "if (e.ports[0]) { e.ports[0].onmessage = m => { log.push(m.data); "
                            "e.ports[0].postMessage('pong') } } })");
  frame.run("(() => { addEventListener('message', e => log.push('own', e.data, e.ports.length));"
            "const c = new MessageChannel(); c.port1.onmessage = e => log.push(e.data); c.port1.postMessage('ping'); "
            "window.postMessage('hi', '*', [c.port2]) })()");
  CHECK(frame.page_log() == "hi true 1 true ping");
  CHECK(frame.log() == "own hi 0 pong");
  Frame* base = &frame;
  base->run(frame.page, "window.postMessage({from: 'page'}, '*'); String(log.length)");
  CHECK(frame.log() == "own [object Object] 0");
}

TEST_CASE("kernel window: a message for another origin goes nowhere, an impossible origin is refused" *
          doctest::skip(!bare_platform)) {
  Frame frame("globalThis.location = {origin: 'app://main'}");
  eval(*frame.page.context, "globalThis.log = []; addEventListener('message', e => log.push(e.data + e.origin))");
  frame.run(frame.page, "postMessage(1, 'https://other.example/path'); postMessage(2, 'app://main/x'); "
                        "postMessage(3); postMessage(4, {targetOrigin: '*'}); ''");
  CHECK(text(*frame.page.context, "log.join(' ')") == "2app://main 3app://main 4app://main");
  CHECK(frame.run(frame.page, "try { postMessage(1, 'nonsense') } catch (e) { e.name }") == "SyntaxError");
}

}  // namespace mullion::script
