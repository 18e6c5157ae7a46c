// Ports as on the web and as in Electron, in page script and between all the roles.
#include <csignal>

#include "site.hpp"

using namespace mullion;
using conformance::preload_script;
using conformance::Site;

namespace {

// What the pages of these cases have: channels, a log of what a port hears, and a way to wait for it.
constexpr const char* page = R"(<title>ports</title><script>
  const channel = () => { const {port1, port2} = new MessageChannel(); return [port1, port2] }
  const heard = []
  const note = (name, text) => { heard.push(`${name}:${text}`) }
  const listen = (port, name) => {
    port.onmessage = ({data, ports}) => note(name, data + '+'.repeat(ports.length))
    port.addEventListener('close', ({reason}) => note(name, `closed ${reason}`))
    return port
  }
  const turns = async (n = 5) => { for (let i = 0; i < n; i++) await new Promise(done => setTimeout(done)) }
  const log = async () => { await turns(); return heard.join(' ') }
  const attempt = f => { try { f(); return 'done' } catch (error) { return error.name } }
  const received = port => new Promise(resolve => { port.onmessage = resolve })
  const givens = []
  addEventListener('message', ({data, ports}) => { if (data === 'port') givens.push(ports[0]) })
  const given = async n => { while (givens.length < n) await turns(); return givens[n - 1] }
</script>)";

struct Ports : Site {
  Ports() : Site(page, preload_script("preload.js")) {}
  // An async function's body; what it returns, as text.
  std::string does(const std::string& body) {
    auto result = run("(async () => {" + body + "})()");
    return result ? result->string() : result.error().message;
  }
  bool gives(MessagePort& port) { return static_cast<bool>(contents().post_message("port", "", std::move(port))); }
  // What the page does over the first port that it was given, `carrier`, and the port that comes to main by it.
  MessagePort takes(const std::string& body) {
    auto ends = channel();
    REQUIRE(gives(ends.port2));
    carrier.emplace(std::move(ends.port1).start());
    REQUIRE(does("const carrier = await given(1); " + body + "; return 'done'") == "done");
    auto receiving = carrier->receive();
    auto message = app.wait(std::move(receiving));
    REQUIRE(message);
    REQUIRE(message->ports.size() == 1);
    return std::move(message->ports[0]);
  }
  std::string next(const StartedPort& port) {
    auto receiving = port.receive();
    auto message = app.wait(std::move(receiving));
    return message ? message->data.string() : "closed " + message.error().code;
  }
  MessageChannel channel() {
    auto ends = app->create_channel();
    REQUIRE(ends);
    return std::move(*ends);
  }
  main::UtilityProcess fork(std::string_view name, Isolation isolation = Isolation::same_user) {
    auto process = main::UtilityProcess::fork(*app, name, {.isolation = isolation});
    REQUIRE(process);
    return *process;
  }

  std::optional<StartedPort> carrier;
};

}  // namespace

TEST_SUITE_BEGIN("script");

// ---- within a page ----

TEST_CASE("port: messages wait for start and come in order; addEventListener does not start, onmessage does") {
  Ports ports;
  CHECK(ports.does(R"(const [a, b] = channel(), [c, d] = channel()
      for (const n of [1, 2, 3]) { a.postMessage(n); c.postMessage(n) }
      b.addEventListener('message', ({data}) => note('b', data))
      const before = await log()
      b.start(); b.start()
      await turns()
      d.onmessage = ({data}) => note('d', data)
      return before + '|' + await log())") == "|b:1 b:2 b:3 d:1 d:2 d:3");
}

TEST_CASE("port: close is told to the other side, once, after the last message, and as `closed`") {
  Ports ports;
  CHECK(ports.does(R"(const [a, b] = channel()
      listen(a, 'a'); listen(b, 'b')
      a.postMessage(1); a.postMessage(2); a.close(); a.close()
      return log())") == "b:1 b:2 b:closed closed");
}

TEST_CASE("port: one that was not started hears of the close when it starts, after its backlog") {
  Ports ports;
  CHECK(ports.does(R"(const [a, b] = channel()
      b.addEventListener('close', () => note('b', 'early'), {once: true})
      a.postMessage(1); a.close()
      const before = await log()
      b.onmessage = ({data}) => note('b', data)
      return before + '|' + await log())") == "|b:1 b:early");
}

TEST_CASE("port: posts to a closed port and from one that was sent away are silent, whatever is posted") {
  Ports ports;
  CHECK(ports.does(R"(const [a, b] = channel(), [c, d] = channel(), [e, f] = channel()
      listen(f, 'f')
      b.close(); await turns(); c.postMessage(0, [d])
      return [attempt(() => a.postMessage(1)), attempt(() => b.postMessage(() => 1)), attempt(() => d.postMessage(Symbol())),
              attempt(() => d.close()), attempt(() => d.start()), await log()].join())") ==
        "done,done,done,done,done,");
}

TEST_CASE("port: one moves with its backlog, arrives unstarted, and is neutered where it was") {
  Ports ports;
  CHECK(ports.does(R"(const [a, b] = channel(), [x, y] = channel()
      const arrives = received(b)
      x.postMessage(1); x.postMessage(2); a.postMessage('take', [y]); x.postMessage(3)
      const {ports} = await arrives
      const before = await log()
      listen(ports[0], 'y'); y.onmessage = () => note('y', 'wrong')
      return [ports[0] !== y, before, await log()].join('|'))") == "true||y:1 y:2 y:3");
}

TEST_CASE("port: both ends of a channel move, in one message or two, and stay entangled") {
  Ports ports;
  CHECK(ports.does(R"(const [a, b] = channel(), [c, d] = channel(), [x, y] = channel(), [v, w] = channel()
      const first = received(b), second = received(d)
      x.postMessage('x'); a.postMessage(0, [x, y]); a.postMessage(0, [v]); c.postMessage(0, [w])
      const {ports: [x2, y2]} = await first
      const {ports: [w2]} = await second
      listen(y2, 'y'); listen(x2, 'x'); listen(w2, 'w')
      y2.postMessage('y'); x2.postMessage('again'); w2.close()
      return log())") == "y:x x:y y:again");
}

TEST_CASE("port: event.ports keep the list's order, and the data refers to the very same objects") {
  Ports ports;
  CHECK(ports.does(R"(const [a, b] = channel(), [c] = channel(), [d] = channel()
      const arrives = received(b)
      a.postMessage({second: d, first: c}, {transfer: [c, d]})
      const {data, ports} = await arrives
      return [data.first === ports[0], data.second === ports[1], Object.isFrozen(ports), ports.length].join())") ==
        "true,true,true,2");
}

TEST_CASE("port: a bad element in the list is an error that leaves every port in it usable") {
  Ports ports;
  CHECK(ports.does(R"(const [a, b] = channel(), [c, d] = channel(), [e, f] = channel(), [g, h] = channel()
      g.postMessage(0, [h]); e.close()
      const bad = [[c, c], [c, a], [c, h], [c, e]].map(list => attempt(() => a.postMessage(0, list)))
      bad.push(attempt(() => a.postMessage(() => 1, [c])), attempt(() => a.postMessage({c})))
      bad.push(attempt(() => a.postMessage(0, [c, {}])), attempt(() => a.postMessage(0, [c, 5])))
      bad.push(attempt(() => window.postMessage(0, '*', [c, c])))
      listen(b, 'b'); listen(d, 'd')
      c.postMessage('alive'); a.postMessage('whole', [c])
      return [...new Set(bad.slice(0, 6)), ...new Set(bad.slice(6, 8)), bad[8], await log()].join())") ==
        "DataCloneError,TypeError,DataCloneError,d:alive b:whole+");
}

TEST_CASE("port: a channel that is sent through itself is lost, without an exception") {
  Ports ports;
  CHECK(ports.does(R"(const [a, b] = channel()
      listen(a, 'a')
      return [attempt(() => a.postMessage(0, [b])), await log()].join())") == "done,a:closed closed");
}

TEST_CASE("port: what its listener throws does not keep the next message from coming") {
  Ports ports;
  CHECK(ports.does(R"(const [a, b] = channel()
      b.onmessage = ({data}) => { note('b', data); if (data === 1) throw new Error('on purpose') }
      a.postMessage(1); a.postMessage(2)
      return log())") == "b:1 b:2");
}

// ---- between the roles ----

TEST_CASE("port: a page's own channel reaches main over a port that it has, with what was posted before") {
  Ports ports;
  auto port = ports
                  .takes(R"(const [a, b] = channel()
      a.postMessage('early'); listen(a, 'a')
      carrier.postMessage('', [b]); a.postMessage('late'))")
                  .start();
  CHECK(ports.next(port) == "early");
  CHECK(ports.next(port) == "late");
  REQUIRE(port.post_message("answer"));
  CHECK(ports.does("while (heard.length < 1) await turns(); return log()") == "a:answer");
  port.close();
  CHECK(ports.does("while (heard.length < 2) await turns(); return log()") == "a:answer a:closed closed");
}

TEST_CASE("port: what main posts before the page starts its port comes in order, then the close") {
  Ports ports;
  auto ends = ports.channel();
  for (const char* text : {"1", "2"}) REQUIRE(ends.port1.post_message(text));
  REQUIRE(ports.gives(ends.port2));
  REQUIRE(ports.does("await given(1); return 'given'") == "given");
  for (const char* text : {"3", "4"}) REQUIRE(ends.port1.post_message(text));
  ends.port1.close();
  CHECK(ports.does(R"(const before = await log()
      listen(await given(1), 'port')
      while (heard.length < 5) await turns()
      return before + '|' + await log())") == "|port:1 port:2 port:3 port:4 port:closed closed");
}

TEST_CASE("port: a preload's own channel reaches the page by window.postMessage, in event.ports") {
  Ports ports;
  CHECK(ports.does(R"(api.giveChannel()
      listen(await given(1), 'port').postMessage('there')
      while (heard.length < 2) await turns()
      return log())") == "port:early port:and back: there");
}

namespace {

void lend_and_return(Isolation isolation) {
  Ports ports;
  auto worker = ports.fork("lends", isolation);
  worker.on(main::message, [&](Message& message) {
    if (message.ports.size() == 1) CHECK(ports.gives(message.ports[0]));
  });
  auto port = ports.takes(R"(const [a, b] = channel(); globalThis.mine = listen(a, 'a')
      a.postMessage('first'); a.postMessage('second'); carrier.postMessage('', [b]))");
  REQUIRE(worker.post_message("serve", std::move(port)));
  CHECK(ports.does(R"(const back = listen(await given(2), 'b')
      back.postMessage('home'); mine.postMessage('third')
      while (heard.length < 4) await turns()
      return heard.sort().join(' '))") == "a:first, said the worker a:home b:second b:third");
}

}  // namespace

TEST_CASE("port: from a page by main to a utility process, and back to the page") {
  lend_and_return(Isolation::same_user);
}

TEST_CASE("port: from a page by main to an isolated utility process, and back to the page") {
  lend_and_return(Isolation::isolated);
}

TEST_CASE("port: a utility process's own channel reaches the page by main") {
  Ports ports;
  auto worker = ports.fork("makes");
  worker.on(main::message, [&](Message& message) { CHECK(ports.gives(message.ports.at(0))); });
  CHECK(ports.does(R"(listen(await given(1), 'port').postMessage('hello')
      while (heard.length < 2) await turns()
      return log())") == "port:early port:hello");
}

TEST_CASE("port: a document that goes closes the ports that it had") {
  Ports ports;
  auto ends = ports.channel();
  REQUIRE(ports.gives(ends.port2));
  auto port = std::move(ends.port1).start();
  REQUIRE(ports.does("listen(await given(1), 'port').postMessage('last'); return 'sent'") == "sent");
  REQUIRE(ports.load("app://test/page.html"));
  CHECK(ports.next(port) == "last");
  CHECK(ports.next(port) == "closed closed");
}

TEST_CASE("port: a process that is killed closes its ports with peer-exited, after what it had sent") {
  Ports ports;
  auto ends = ports.channel();
  REQUIRE(ports.gives(ends.port2));
  auto port = std::move(ends.port1).start();
  REQUIRE(ports.does("listen(await given(1), 'port').postMessage('last'); return 'sent'") == "sent");
  auto worker = ports.fork("echo");
  auto others = ports.channel();
  REQUIRE(worker.post_message("serve", std::move(others.port1)));
  auto echo = std::move(others.port2).start();
  REQUIRE(echo.post_message("last"));
  CHECK(ports.next(echo) == "last");
  CHECK(ports.next(port) == "last");
  ports.contents().forcefully_crash_renderer();
  REQUIRE(::kill(worker.pid(), SIGKILL) == 0);
  CHECK(ports.next(port) == "closed peer-exited");
  CHECK(ports.next(echo) == "closed peer-exited");
  CHECK(port.post_message("nobody"));
  CHECK(echo.post_message("nobody"));
}

TEST_CASE("port: one that a page forgot is closed when it is collected") {
  Ports ports;
  auto port = ports.takes("(() => { const [a, b] = channel(); carrier.postMessage('', [b]) })()").start();
  bool closed = false;
  port.on_close([&](const Error& why) { closed = why.code == "closed"; });
  CHECK(ports.does(
            "setInterval(() => { for (let i = 0; i < 50; i++) globalThis.waste = new Array(1e5).fill(i) }, 5)") == "");
  CHECK(ports.app.until([&] { return closed; }));
}

TEST_CASE("port: a bad element in main's own list leaves every port with main") {
  Ports ports;
  auto ends = ports.channel(), others = ports.channel();
  MessagePort gone = std::move(others.port1);
  auto carrier = ports.channel();
  auto refused = carrier.port1.post_message("two", std::move(ends.port1), std::move(others.port1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == Kind::invalid);
  REQUIRE(ports.gives(ends.port1));
  auto port = std::move(ends.port2).start();
  REQUIRE(ports.does("listen(await given(1), 'port').postMessage('whole'); return 'sent'") == "sent");
  CHECK(ports.next(port) == "whole");
}

TEST_SUITE_END();

const char conformance::port_cases = 0;
