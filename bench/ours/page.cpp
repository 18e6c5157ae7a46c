#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "mullion/backends/headless.hpp"
#include "mullion/main.hpp"
#include "mullion/utility.hpp"
#include "ours/backends.hpp"
#include "ours/entries.hpp"
#include "ours/ours.hpp"
#include "ours/program.hpp"

namespace mullion::bench {
namespace {

constexpr std::string_view preload_source = R"js(
const {contextBridge, ipcRenderer} = require('mullion')
contextBridge.exposeInMainWorld('bench', {
  ask: body => ipcRenderer.invoke('ask', body),
  askSync: body => ipcRenderer.sendSync('ask-sync', body),
  samples: times => ipcRenderer.send('samples', times),
  failed: why => ipcRenderer.send('failed', why),
})
ipcRenderer.on('port', ({ports}) => window.postMessage('port', '*', ports))
)js";

// Each function plays one turn and returns how long the call alone took, in milliseconds.
constexpr std::string_view page_source = R"html(<!doctype html><title>bench</title>
<script>
const text = turn => String(turn).padStart(64, 'abcdefghijklmnopqrstuvwxyz')
const check = same => { if (!same) throw new Error('What arrived at the page is not what was sent.') }
const words = new Uint32Array(1 << 18)
const fill = turn => { for (let i = 0; i < words.length; ++i) words[i] = turn * 31 + i }
const same = (arrived, turn) => {
  let difference = arrived.length ^ words.length
  for (let i = 0; i < words.length; ++i) difference |= arrived[i] ^ (turn * 31 + i)
  return difference === 0
}
const given = new Promise(resolve => addEventListener('message', ({ports}) => ports[0] && resolve(ports[0])))
const turns = {
  async port(turn) {
    const port = await given, sent = text(turn)
    const arrived = new Promise(resolve => { port.onmessage = ({data}) => resolve(data) }), start = performance.now()
    port.postMessage(sent)
    const back = await arrived
    const end = performance.now()
    check(back === sent)
    return end - start
  },
  async promise(turn) {
    const sent = text(turn), start = performance.now()
    const back = await bench.ask(sent)
    const end = performance.now()
    check(back === sent)
    return end - start
  },
  sync(turn) {
    const sent = text(turn), start = performance.now()
    const back = bench.askSync(sent)
    const end = performance.now()
    check(back === sent)
    return end - start
  },
  async large(turn) {
    fill(turn)
    const start = performance.now()
    const back = await bench.ask(words)
    const end = performance.now()
    check(same(back, turn))
    return end - start
  },
}
async function play({turn: name, milliseconds, least, most}) {
  const times = [], begin = performance.now()
  for (let turn = 1; times.length < most; ++turn) {
    const time = await turns[name](turn), spent = performance.now() - begin
    if (spent < milliseconds / 5) continue
    times.push(time * 1e6)
    if (spent > milliseconds && times.length >= least) break
  }
  bench.samples(new Float64Array(times))
}
play(PARAMETERS).catch(error => bench.failed(String(error)))
</script>
)html";

// A preload is a file; this one needs no place on the disk.
Result<UniqueFd> preload_file() {
  UniqueFd file(memfd_create("bench-preload", MFD_CLOEXEC));
  if (!file || write(file.get(), preload_source.data(), preload_source.size()) < 0)
    return std::unexpected(errno_error("Cannot write the page's preload"));
  return file;
}

std::string page_for(const Session& session, std::string_view turn) {
  const auto& length = session.length();
  std::string parameters = "{turn: '" + std::string(turn) + "', milliseconds: ";
  parameters += std::to_string(static_cast<double>(length.round_ns) / 1e6) + ", least: ";
  parameters += std::to_string(length.least) + ", most: " + std::to_string(length.most) + "}";
  std::string page(page_source);
  return page.replace(page.find("PARAMETERS"), std::strlen("PARAMETERS"), parameters);
}

void serve_page(main::App& app, std::string page) {
  app.handle_app_protocol([page = std::move(page)](std::string_view) -> Result<main::App::Resource> {
    const auto bytes = std::as_bytes(std::span(page));
    return main::App::Resource{.bytes = {bytes.begin(), bytes.end()}, .mime_type = "text/html"};
  });
}

Result<> answer_pages(main::App& app) {
  app.ipc_main().on("ask-sync", [](const main::IpcMainEvent& event, std::vector<Value> arguments) {
    event.return_value(arguments.at(0));
  });
  return app.ipc_main().handle("ask", [](main::InvokeEvent, std::vector<Value> arguments) { return arguments.at(0); });
}

// Who has the other end of the page's port.
enum class Partner : std::uint8_t { none, main, utility };

Task<> return_all(StartedPort port) {
  for (auto message = co_await port.receive(); message; message = co_await port.receive())
    (void)port.post_message(message->data);
}

Result<> give_port(main::App& app, const main::BrowserWindow& window, Partner partner) {
  if (partner == Partner::none) return {};
  auto channel = app.create_channel();
  if (!channel) return std::unexpected(channel.error());
  if (partner == Partner::main) {
    app.spawn(return_all(std::move(channel->port1).start()));
  } else {
    auto utility = main::UtilityProcess::fork(app, "returns");
    if (!utility) return std::unexpected(utility.error());
    if (auto posted = utility->post_message("port", std::move(channel->port1)); !posted) return posted;
    utility->on(main::exit, [utility = *utility](int) {});
  }
  return window.web_contents().post_message("port", "", std::move(channel->port2));
}

Task<Result<>> start(main::App& app, Stage& stage, std::string turn, int preload, Partner partner) {
  stage.await_samples(app);
  serve_page(app, page_for(stage.session(), turn));
  if (auto ready = answer_pages(app); !ready) co_return ready;
  main::BrowserWindowOptions options{.title = "bench", .backend = "headless"};
  options.web_preferences.preload = "/proc/self/fd/" + std::to_string(preload);
  auto window = main::BrowserWindow::create(app, std::move(options));
  if (!window) co_return std::unexpected(window.error());
  auto loaded = co_await window->load_url("app://bench/page.html");
  co_return loaded ? give_port(app, *window, partner) : loaded;
}

Result<> drive_page(Session& session, std::string turn, Partner partner = Partner::none) {
  auto preload = preload_file();
  if (!preload) return std::unexpected(preload.error());
  return run_main(session, [&](main::App& app, Stage& stage) { return start(app, stage, turn, preload->get(), partner); });
}

Result<> drive_promise(Session& session) { return drive_page(session, "promise"); }
Result<> drive_sync(Session& session) { return drive_page(session, "sync"); }
Result<> drive_large(Session& session) { return drive_page(session, "large"); }
Result<> drive_main_port(Session& session) { return drive_page(session, "port", Partner::main); }
Result<> drive_utility_port(Session& session) { return drive_page(session, "port", Partner::utility); }

}  // namespace

Task<Result<>> returns_utility(utility::Process& process) {
  auto port = co_await process.parent_port().receive();
  if (port && port->ports.size() == 1) co_await return_all(std::move(port->ports[0]).start());
  co_return {};
}

void add_page_backend(Program& program) {
  program.backends.push_back(headless::backend());
  program.utilities.push_back({"returns", returns_utility});
}

Group roles::page_rows() {
  constexpr auto ours = Who::ours;
  constexpr auto same = Placement::same;
  return {{"page-promise", ours, "page script to main and back, a promise through the bridge", 64, same, drive_promise},
          {"page-sync", ours, "page script to main and back, sendSync through the bridge", 64, same, drive_sync},
          {"page-1mib", ours, "page script to main and back, bytes and a promise", 1024 * 1024, same, drive_large},
          {"page-port-main", ours, "page script to main and back, a port of the page's", 64, same, drive_main_port},
          {"page-port-utility", ours, "page script to a utility process and back, the same", 64, same,
           drive_utility_port}};
}

}  // namespace mullion::bench
