#include <poll.h>

#include <csignal>
#include <cstdio>

#include "site.hpp"

using namespace mullion;
using conformance::preload_script;
using conformance::Site;

TEST_SUITE_BEGIN("script");

TEST_CASE("message: invoke from a script's preload, its result and its error") {
  Site site("<title>x</title>", preload_script("preload.js"));
  auto& ipc = site.app->ipc_main();
  REQUIRE(ipc.handle(
      "add", [](main::InvokeEvent, std::vector<Value> n) { return Value(n.at(0).number() + n.at(1).number()); }));
  REQUIRE(ipc.handle("deny", [](main::InvokeEvent, std::vector<Value>) -> Result<Value> {
    return std::unexpected(Error{.kind = Kind::denied, .code = "EPERM", .message = "not you"});
  }));
  CHECK(site.run("api.invoke('add', 40, 2)")->number() == 42);
  auto denied = site.run("api.invoke('deny').catch(error => `${error.code} ${error.message}`)");
  REQUIRE(denied);
  CHECK(denied->string() == "EPERM Error invoking remote method 'deny': Error: not you");
  auto nobody = site.run("api.invoke('nobody').catch(error => error.message)");
  CHECK(nobody->string().find("No handler registered for 'nobody'") != std::string::npos);
}

TEST_CASE("message: sendSync answers in place, also from inside a port's message") {
  Site site("<title>x</title>", preload_script("preload.js"));
  site.app->ipc_main().on("question", [](const main::IpcMainEvent& event, std::vector<Value> n) {
    event.return_value(Value(n.at(0).number() + 1));
  });
  CHECK(site.run("api.sendSync('question', 41)")->number() == 42);
  auto nested = site.run(
      "new Promise(resolve => { const {port1, port2} = new MessageChannel(); port2.onmessage = ({data}) => "
      "resolve(api.sendSync('question', data)); port1.postMessage(1) })");
  REQUIRE(nested);
  CHECK(nested->number() == 2);
}

TEST_CASE("message: every kind of value makes the round trip through C++") {
  Site site("<title>x</title>", preload_script("preload.js"));
  REQUIRE(site.app->ipc_main().handle("echo",
                                      [](main::InvokeEvent, std::vector<Value> arguments) { return arguments.at(0); }));
  auto same = site.run(R"((async () => {
    const sent = {n: [0.5, -0, NaN, 1e300, 2 ** 40], big: 12345678901234567890n, text: 'h\u00e9llo \u{1f600}', no: null, un: undefined,
      date: new Date(5), map: new Map([['a', new Set([1])]]), re: /x+/gi, bytes: new Uint8Array([1, 2, 3]), buffer: new ArrayBuffer(4), holes: [1, , 3], error: new RangeError('r')}
    const got = await api.invoke('echo', sent)
    return [Object.is(got.n[1], -0), Number.isNaN(got.n[2]), got.n[4] === 2 ** 40, got.big === sent.big, got.text === sent.text, got.no === null,
      'un' in got && got.un === undefined, got.date.getTime() === 5, got.map.get('a').has(1), String(got.re) === '/x+/gi', got.bytes instanceof Uint8Array && got.bytes[2] === 3,
      got.buffer.byteLength === 4, !(1 in got.holes) && got.holes.length === 3, got.error instanceof RangeError && got.error.message === 'r'].map(Number).join('')
  })())");
  REQUIRE_MESSAGE(same, (same ? "" : same.error().message));
  CHECK(same->string() == "11111111111111");
}

TEST_CASE("message: main's messages reach the page through its callback") {
  Site site("<script>api.onMessage((...args) => console.log('got ' + args.join()))</script>",
            preload_script("preload.js"));
  REQUIRE(site.contents().send("to-page", {1, "b"}));
  CHECK(site.says("got 1,b"));
}

namespace {

void port_reaches_the_page(const std::string& preload) {
  Site site(R"(<script>
      addEventListener('message', ({data, ports}) => {
        if (data !== 'port') return
        const port = ports[0]
        port.onmessage = ({data}) => port.postMessage(data * 2)
        port.onclose = ({reason}) => console.log('closed: ' + reason)
      })
    </script>)",
            preload);
  auto ends = site.app->create_channel();
  REQUIRE(ends);
  REQUIRE(site.contents().post_message("port", "", std::move(ends->port2)));
  auto port = std::move(ends->port1).start();
  REQUIRE(port.post_message(21));
  auto receiving = port.receive();
  auto message = site.app.wait(std::move(receiving));
  REQUIRE(message);
  CHECK(message->data.number() == 42);
  port.close();
  CHECK(site.says("closed: closed"));
}

}  // namespace

TEST_CASE("message: a port that a script's preload passes on is the page's, and closes with a reason") {
  port_reaches_the_page(preload_script("preload.js"));
}

TEST_CASE("message: a port that a native preload passes on is the page's, and closes with a reason") {
  port_reaches_the_page("native");
}

TEST_CASE("message: a channel that the preload makes reaches main") {
  Site site("<title>x</title>", preload_script("preload.js"));
  std::optional<StartedPort> port;
  Value heard;
  site.app->ipc_main().on("channel", [&](const main::IpcMainEvent& event, std::vector<Value>) {
    port.emplace(std::move(event.ports().at(0)).start());
  });
  site.app->ipc_main().on("heard",
                          [&](const main::IpcMainEvent&, std::vector<Value> arguments) { heard = arguments.at(0); });
  REQUIRE(site.run("api.openChannel()"));
  REQUIRE(site.app.until([&] { return port.has_value(); }));
  REQUIRE(port->post_message("to the preload"));
  REQUIRE(site.app.until([&] { return heard.is_string(); }));
  CHECK(heard.string() == "to the preload");
}

TEST_CASE(
    "message: page and utility process talk over each transport; killed, the page's port closes with peer-exited") {
  Site site(R"(<script>
      addEventListener('message', ({data, ports: [port]}) => {
        if (!port) return
        let heard
        port.onmessage = ({data}) => console.log('bytes ' + (heard = data.length))
        port.onclose = ({reason}) => console.log(`closed: ${reason} after ${heard}`)
        port.postMessage(new Uint8Array(data === 'port' ? 3 << 20 : 0))
      })
    </script>)",
            "native");
  for (auto medium : {transport::Medium::shm, transport::Medium::pipe}) {
    site.console.clear();
    auto worker = main::UtilityProcess::fork(*site.app, "echo", {.transport = medium});
    REQUIRE(worker);
    auto ends = site.app->create_channel();
    REQUIRE(ends);
    REQUIRE(worker->post_message("serve", std::move(ends->port1)));
    REQUIRE(site.contents().post_message("port", "", std::move(ends->port2)));
    REQUIRE(site.says("bytes " + std::to_string(3 << 20)));
    REQUIRE(worker->pid() > 0);
    REQUIRE(::kill(worker->pid(), SIGKILL) == 0);
    CHECK(site.says("closed: peer-exited after " + std::to_string(3 << 20)));
  }
}

TEST_CASE("message: while main does nothing for a second, a page and a utility process go on talking") {
  Site site(R"(<script>
      addEventListener('message', ({ports: [port]}) => {
        if (!port) return
        let rounds = 0, longest = 0, last = Date.now()
        const start = last
        port.onmessage = () => {
          const now = Date.now()
          longest = Math.max(longest, now - last)
          last = now
          if (++rounds === 1) console.log('talking')
          if (now - start < 1500) return port.postMessage(rounds)
          console.log(`longest silence ${longest} ms`)
          if (rounds > 100) console.log('often')
        }
        port.postMessage(0)
      })
    </script>)",
            "native");
  auto worker = main::UtilityProcess::fork(*site.app, "echo", {});
  REQUIRE(worker);
  auto ends = site.app->create_channel();
  REQUIRE(ends);
  REQUIRE(worker->post_message("serve", std::move(ends->port1)));
  REQUIRE(site.contents().post_message("port", "", std::move(ends->port2)));
  REQUIRE(site.says("talking"));
  poll(nullptr, 0, 1000);
  CHECK(site.says("often"));
  int longest = -1;
  for (const auto& said : site.console) std::sscanf(said.message.c_str(), "longest silence %d", &longest);
  CHECK(longest >= 0);
  CHECK(longest < 800);
}

TEST_SUITE_END();

const char conformance::message_cases = 0;
