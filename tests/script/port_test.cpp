// MessagePort and MessageChannel: inside one world, between worlds, to native code, and when nobody wants them.
#include "frame.hpp"

namespace mullion::script {
namespace {

// A page with a log that `port` and `channel` helpers write to.
struct PortPage : Frame {
  PortPage() {
    eval(*page.context, R"(
      globalThis.log = [];
      globalThis.channel = () => { const c = new MessageChannel(); return [c.port1, c.port2] };
      globalThis.listen = (port, name) => {
        const count = e => e.ports.length ? `+${e.ports.length}` : '';
        port.onmessage = e => log.push(`${name}:${JSON.stringify(e.data)}${count(e)}`);
        port.onclose = e => log.push(`${name} closed ${e.reason}`);
        return port;
      };
      globalThis.attempt = f => { try { f(); return 'done' } catch (e) { return `${e.name}: ${e.message}` } };)");
  }
  std::string run(std::string_view source) { return Frame::run(page, source); }
  std::string log() { return text(*page.context, "log.splice(0).join(' ')"); }
  // Gives the page one end of a native channel as `name`; the answer is the other, the test's.
  PortId give(std::string_view name) {
    PortId id = ports.create(nullptr);
    ports.ends[id].owner = &page.kernel;
    eval(*page.context, "addEventListener('message', e => { if (e.data === '" + std::string(name) + "') globalThis." +
                            std::string(name) + " = e.ports[0] })");
    page.kernel->window_message(encode(Value(name)), "null", std::array{id});
    return id + 1;
  }
  std::string received(PortId port) {
    std::string all;
    auto& queue = ports.ends[port].queue;
    for (auto& message : queue)
      all += (all.empty() ? "" : " ") + decode(message.bytes)->inspect() + std::string(message.ports.size(), '+');
    return all;
  }
  void post(PortId from, const Value& value, std::vector<PortId> carried = {}) {
    REQUIRE(ports.post(from, encode(value), carried));
    drain();
  }
};

}  // namespace

TEST_CASE("kernel port: messages wait for start, then come in order, one task each") {
  PortPage page;
  page.run("[a, b] = channel(); b.addEventListener('message', e => { log.push(e.data); Promise.resolve().then(() => "
           "log.push('m' + e.data)) });"
           "a.postMessage(1); a.postMessage(2)");
  CHECK(page.log() == "");
  page.run("b.start(); b.start(); a.postMessage(3); log.push('first')");
  CHECK(page.log() == "first 1 m1 2 m2 3 m3");
}

TEST_CASE("kernel port: onmessage starts, addEventListener does not, and the handler can be changed") {
  PortPage page;
  page.run("[a, b] = channel(); b.onmessage = e => log.push('old' + e.data); a.postMessage(1)");
  page.run("b.onmessage = e => log.push('new' + e.data); a.postMessage(2)");
  page.run("b.onmessage = null; a.postMessage(3)");
  CHECK(page.log() == "old1 new2");
  CHECK(page.run("String(b.onmessage) + typeof a.onclose") == "nullobject");
}

TEST_CASE("kernel port: both interfaces look as on the web") {
  PortPage page;
  CHECK(page.run("[a] = channel(); [a instanceof EventTarget, a instanceof MessagePort, String(a), "
                 "Object.keys(MessagePort.prototype).sort().join('|')].join()") ==
        "true,true,[object MessagePort],close|onclose|onmessage|onmessageerror|postMessage|start");
  CHECK(page.run("attempt(() => new MessagePort())") == "TypeError: Illegal constructor");
  CHECK(page.run("attempt(() => MessagePort.prototype.start.call({}))").find("TypeError: Illegal invocation") == 0);
  CHECK(page.run("attempt(() => a.postMessage())").find("TypeError") == 0);
  CHECK(page.run("const c = new MessageChannel(); String(c.port1 === c.port1) + (c.port1 !== c.port2)") == "truetrue");
}

TEST_CASE("kernel port: close is told to the other side once, after the messages that were before it") {
  PortPage page;
  page.run("[a, b] = channel(); listen(a, 'a'); listen(b, 'b'); a.postMessage(1); a.close(); a.close(); "
           "a.postMessage(2)");
  CHECK(page.log() == "b:1 b closed closed");
  page.run("b.postMessage(1); b.close()");
  CHECK(page.log() == "");
}

TEST_CASE("kernel port: a port that was not started hears of the close when it starts") {
  PortPage page;
  page.run("[a, b] = channel(); a.postMessage(1); a.close(); b.onclose = e => log.push(e.reason)");
  CHECK(page.log() == "");
  page.run("listen(b, 'b')");
  CHECK(page.log() == "b:1 b closed closed");
}

TEST_CASE("kernel port: closing drops what came and was not delivered") {
  PortPage page;
  page.run("[a, b] = channel(); listen(b, 'b'); a.postMessage(1); a.postMessage(2); b.close()");
  CHECK(page.log() == "");
}

TEST_CASE("kernel port: posting to a closed or transferred port is silent, whatever is posted") {
  PortPage page;
  CHECK(page.run("[a, b] = channel(); a.close(); attempt(() => a.postMessage(() => {}))") == "done");
  CHECK(page.run("[c, d] = channel(); [e, f] = channel(); c.postMessage(0, [e]); attempt(() => "
                 "e.postMessage(Symbol()))") == "done");
  CHECK(page.run("attempt(() => { e.start(); e.close(); e.onmessage = null })") == "done");
}

TEST_CASE("kernel port: a transferred port moves with its backlog, and arrives unstarted") {
  PortPage page;
  page.run("[a, b] = channel(); [c, d] = channel(); c.postMessage('early');"
           "b.onmessage = e => { globalThis.moved = e.ports[0]; log.push(e.ports.length + typeof e.data.port + "
           "(e.data.port === e.ports[0])) };"
           "a.postMessage({port: d}, [d]); c.postMessage('late')");
  CHECK(page.log() == "1objecttrue");
  page.run("listen(moved, 'd'); moved.postMessage('back'); listen(c, 'c')");
  CHECK(page.log() == "d:\"early\" d:\"late\" c:\"back\"");
}

TEST_CASE("kernel port: a port moves through a chain of channels before anybody starts it") {
  PortPage page;
  page.run("[a, b] = channel(); [c, d] = channel(); [x, y] = channel(); x.postMessage(1); c.postMessage('with', "
           "[y]); a.postMessage('two', [d]);"
           "b.onmessage = e => { e.ports[0].onmessage = f => listen(f.ports[0], 'y') }; x.postMessage(2)");
  CHECK(page.log() == "y:1 y:2");
}

TEST_CASE("kernel port: transfer errors name the element, and leave everything as it was") {
  PortPage page;
  page.run("[a, b] = channel(); [c, d] = channel(); listen(b, 'b')");
  CHECK(page.run("attempt(() => a.postMessage(0, [c, c]))") == "DataCloneError: Port at index 1 is a duplicate.");
  CHECK(page.run("attempt(() => a.postMessage(0, [a]))") == "DataCloneError: Port at index 0 contains the source "
                                                            "port.");
  CHECK(page.run("attempt(() => a.postMessage(0, [c, {}]))") == "TypeError: Port at index 1 is not a valid port");
  CHECK(page.run("attempt(() => a.postMessage(0, 5))") == "TypeError: transferables must be an array of MessagePorts");
  CHECK(page.run("attempt(() => a.postMessage(() => {}, [c]))") == "DataCloneError: function could not be cloned");
  CHECK(page.run("attempt(() => a.postMessage({c}))") == "DataCloneError: c: MessagePort (it is not in the transfer "
                                                         "list) could not be cloned");
  page.run("listen(d, 'd'); c.postMessage('alive')");
  CHECK(page.log() == "d:\"alive\"");
  CHECK(page.run("a.postMessage(0, {transfer: new Set([c])}); attempt(() => a.postMessage(0, [c]))") ==
        "DataCloneError: Port at index 0 is already neutered.");
  CHECK(page.run("[e, f] = channel(); e.close(); attempt(() => a.postMessage(0, [e]))") ==
        "DataCloneError: Port at index 0 is closed.");
}

TEST_CASE("kernel port: a getter that sends a listed port away makes the post fail") {
  PortPage page;
  page.run("[a, b] = channel(); [c, d] = channel(); [e, f] = channel(); listen(b, 'b'); listen(f, 'f')");
  CHECK(page.run("attempt(() => a.postMessage({get x() { e.postMessage('stolen', [c]); return 1 }}, [c]))") ==
        "DataCloneError: Port at index 0 is already neutered.");
  CHECK(page.log() == "f:\"stolen\"+1");
}

TEST_CASE("kernel port: a channel sent through itself is lost, without an exception") {
  PortPage page;
  CHECK(page.run("[a, b] = channel(); listen(a, 'a'); attempt(() => a.postMessage(0, [b]))") == "done");
  CHECK(page.log() == "a closed closed");
}

TEST_CASE("kernel port: buffers in the list are detached by a post that succeeds") {
  PortPage page;
  page.run("[a, b] = channel(); b.onmessage = e => log.push(e.data.byteLength); buffer = new ArrayBuffer(8); "
           "a.postMessage(buffer, [buffer])");
  CHECK(page.log() == "8");
  CHECK(page.run("String(buffer.byteLength)") == "0");
}

TEST_CASE("kernel port: an exception in a listener is reported, and the next message comes") {
  PortPage page;
  page.run("[a, b] = channel(); b.onmessage = e => { log.push(e.data); throw new Error('mine') }; a.postMessage(1); "
           "a.postMessage(2)");
  CHECK(page.log() == "1 2");
  CHECK(page.run("uncaught.length + uncaught[0].message") == "2mine");
}

TEST_CASE("kernel port: a native port's messages, ports and close arrive, and its posts leave") {
  PortPage page;
  PortId mine = page.give("port");
  page.post(mine, "early");
  CHECK(page.ports.ends[mine - 1].started == false);
  page.run("listen(port, 'p'); port.postMessage({a: 1})");
  CHECK(page.log() == "p:\"early\"");
  CHECK(page.received(mine) == "{ a: 1 }");
  PortId other = page.ports.create(nullptr);
  page.post(mine, "with", {other});
  CHECK(page.log() == "p:\"with\"+1");
  page.ports.close(mine, "peer-exited");
  page.drain();
  CHECK(page.log() == "p closed peer-exited");
}

TEST_CASE("kernel port: a local end sent out takes its backlog along, and its peer stays connected") {
  PortPage page;
  PortId mine = page.give("port");
  page.run("[a, b] = channel(); listen(a, 'a'); a.postMessage(1); b.postMessage('to a'); a.postMessage(2); "
           "port.postMessage('take', [b]); a.postMessage(3)");
  CHECK(page.received(mine) == "'take'+");
  PortId b = page.ports.ends[mine].queue[0].ports[0];
  CHECK(page.received(b) == "1 2 3");
  page.drain();
  CHECK(page.log() == "a:\"to a\"");
  page.ports.ends[b].started = true;
  page.post(b, "back");
  CHECK(page.log() == "a:\"back\"");
  CHECK(page.run("a.close(); 'x'") == "x");
  CHECK(page.ports.ends[b].reason == "closed");
}

TEST_CASE("kernel port: a backlog that carries ports of this world goes out whole") {
  PortPage page;
  PortId mine = page.give("port");
  page.run("[a, b] = channel(); [c, d] = channel(); c.postMessage('deep'); a.postMessage('carries', [d]); "
           "port.postMessage(0, [b])");
  PortId b = page.ports.ends[mine].queue[0].ports[0];
  CHECK(page.received(b) == "'carries'+");
  CHECK(page.received(page.ports.ends[b].queue[0].ports[0]) == "'deep'");
}

TEST_CASE("kernel port: an end whose peer was closed goes out with what it had, and ends there") {
  PortPage page;
  PortId mine = page.give("port");
  page.run("[a, b] = channel(); a.postMessage('last'); a.close(); port.postMessage(0, [b])");
  PortId b = page.ports.ends[mine].queue[0].ports[0];
  CHECK(page.received(b) == "'last'");
  CHECK(page.ports.ends[b].reason == "closed");
}

TEST_CASE("kernel port: a refused post leaves ports and buffers with the page") {
  PortPage page;
  page.give("port");
  page.run("[a, b] = channel(); listen(a, 'a'); listen(b, 'b'); buffer = new ArrayBuffer(4)");
  page.ports.refuse = Error{.kind = Kind::overloaded, .code = "full", .message = "no room"};
  CHECK(page.run("try { port.postMessage(0, [b, buffer]) } catch (e) { [e.message, e.kind, e.code, "
                 "buffer.byteLength].join() }") ==
        "no room,overloaded,full,4");
  page.ports.refuse.reset();
  page.run("a.postMessage('still'); b.postMessage('here')");
  CHECK(page.log() == "b:\"still\" a:\"here\"");
}

TEST_CASE("kernel port: a native port moves inside the world without losing a message") {
  PortPage page;
  PortId mine = page.give("port");
  page.run("listen(port, 'old')");
  page.post(mine, 1);
  page.run("moved = structuredClone({port}, {transfer: [port]}).port");
  page.post(mine, 2);
  CHECK(page.log() == "old:1");
  page.run("listen(moved, 'new'); moved.postMessage('x')");
  CHECK(page.log() == "new:2");
  CHECK(page.received(mine) == "'x'");
}

TEST_CASE("kernel port: a native port sent back out leaves nothing behind") {
  PortPage page;
  PortId mine = page.give("port");
  PortId second = page.give("second");
  page.run("listen(second, 's'); port.postMessage('home', [second])");
  CHECK(page.received(mine) == "'home'+");
  page.post(second, "for the new owner");
  CHECK(page.log() == "");
  CHECK(page.received(second - 1) == "'for the new owner'");
}

TEST_CASE("kernel port: what arrives for a port that was closed is closed") {
  PortPage page;
  PortId mine = page.give("port");
  page.run("port.close()");
  PortId carried = page.ports.create(nullptr);
  page.page.kernel->port_message(mine - 1, encode(Value(1)), std::array{carried});
  CHECK(page.ports.ends[carried].closed);
}

TEST_CASE("kernel port: what cannot be read is a messageerror, and its ports still come") {
  PortPage page;
  PortId mine = page.give("port");
  page.run("port.onmessage = () => log.push('message'); port.onmessageerror = e => log.push('error', e.ports.length, "
           "e.data)");
  PortId carried = page.ports.create(nullptr);
  REQUIRE(page.ports.post(mine, std::array{std::byte(1), std::byte(0xff)}, std::array{carried}));
  page.drain();
  CHECK(page.log() == "error 1 ");
}

TEST_CASE("kernel port: a native port that nobody started and nobody holds is closed") {
  PortPage page;
  PortId mine = page.give("port");
  eval(*page.page.context, "port = null");
  page.page.kernel->window_message(encode(Value("port")), "null", {});
  CHECK(page.collect_until([&] { return !page.ports.ends[mine].reason.empty(); }));
}

TEST_CASE("kernel port: a started port is kept while its peer may post") {
  PortPage page;
  PortId mine = page.give("port");
  page.run("(() => { listen(port, 'kept'); port = null; })()");
  page.page.kernel->window_message(encode(Value("port")), "null", {});
  for (int i = 0; i < 3; ++i) page.script.engine->collect_garbage();
  page.post(mine, "still there");
  CHECK(page.log() == "kept:\"still there\"");
}

TEST_CASE("kernel port: a local port that nobody started and nobody holds is closed, with what it was sent") {
  PortPage page;
  PortId mine = page.give("port");
  page.run("(() => { const c = new MessageChannel(); globalThis.kept = listen(c.port1, 'kept');"
           "const d = new MessageChannel(); globalThis.other = listen(d.port1, 'other'); c.port1.postMessage(0, "
           "[d.port2]) })()");
  CHECK(page.collect_until([&] { return text(*page.page.context, "String(log.length)") == "2"; }));
  CHECK(page.ports.ends[mine].reason == "");
}

TEST_CASE("kernel port: a port delivered to a page that does not listen is closed when it is collected") {
  PortPage page;
  PortId carried = page.ports.create(nullptr);
  page.ports.ends[carried].owner = &page.page.kernel;
  page.page.kernel->window_message(encode(Value(1)), "null", std::array{carried});
  CHECK(page.collect_until([&] { return page.ports.ends[carried].closed; }));
}

TEST_CASE("kernel port: releasing the world closes its native ports") {
  PortPage page;
  PortId mine = page.give("port");
  page.run("listen(port, 'p')");
  page.page.release();
  CHECK(page.ports.ends[mine].reason == "closed");
}

}  // namespace mullion::script
