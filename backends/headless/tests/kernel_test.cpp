// The kernel on this platform: what it captures from it, and what it adds.
#include <deque>
#include <map>

#include "browser.hpp"
#include "script/kernel.hpp"

namespace mullion::headless {
namespace {

using script::Buffer;
using script::Bytes;
using script::Outcome;
using script::PortId;

Error absent() { return {.kind = Kind::unimplemented, .message = "not part of this test"}; }

// A kernel in a page's main world whose ports and window messages stay in that world.
class Host final : public script::KernelHost {
 public:
  Host(Loop& loop, script::Context& context) : loop_(loop) {
    auto booted = script::Kernel::boot(context, *this, {});
    REQUIRE(booted);
    kernel_ = std::move(*booted);
  }

  void later() override {
    (void)loop_.post([this] { kernel_->run_task(); });
  }
  void report(const script::Exception& exception) override { reports.push_back(exception.message); }
  Result<PortId> create_channel() override { return std::exchange(next_, next_ + 2); }
  Result<> port_post(PortId port, Bytes message, std::span<const PortId> ports) override {
    PortId peer = port % 2 == 0 ? port + 1 : port - 1;
    waiting_[peer].push_back({{message.begin(), message.end()}, {ports.begin(), ports.end()}});
    deliver(peer);
    return {};
  }
  void port_start(PortId port) override {
    started_[port] = true;
    deliver(port);
  }
  void port_stop(PortId port) override { started_[port] = false; }
  void port_close(PortId) override {}
  Result<> window_post(Bytes message, std::string_view origin, std::span<const PortId> ports) override {
    Message kept{{message.begin(), message.end()}, {ports.begin(), ports.end()}};
    return loop_.post(
        [this, kept, origin = std::string(origin)] { kernel_->window_message(kept.bytes, origin, kept.ports); });
  }
  Result<> ipc_send(std::string_view, Bytes) override { return std::unexpected(absent()); }
  Result<> ipc_post_message(std::string_view, Bytes, std::span<const PortId>) override {
    return std::unexpected(absent());
  }
  Result<Buffer> ipc_send_sync(std::string_view, Bytes) override { return std::unexpected(absent()); }
  Result<> ipc_invoke(std::uint64_t, std::string_view, Bytes) override { return std::unexpected(absent()); }
  Result<Outcome> bridge_call(script::FunctionId, Bytes) override { return std::unexpected(absent()); }
  void bridge_release(script::FunctionId, std::uint64_t) override {}
  Result<Outcome> bridge_execute(script::WorldId, std::string_view, Bytes) override {
    return std::unexpected(absent());
  }
  void executed(std::uint64_t, bool, Bytes) override {}

  std::vector<std::string> reports;

 private:
  struct Message {
    Buffer bytes;
    std::vector<PortId> ports;
  };

  void deliver(PortId port) {
    (void)loop_.post([this, port] {
      if (!started_[port] || waiting_[port].empty()) return;
      Message message = std::move(waiting_[port].front());
      waiting_[port].pop_front();
      kernel_->port_message(port, message.bytes, message.ports);
      deliver(port);
    });
  }

  Loop& loop_;
  PortId next_ = 2;
  std::map<PortId, bool> started_;
  std::map<PortId, std::deque<Message>> waiting_;
  std::unique_ptr<script::Kernel> kernel_;
};

// Runs a page's script with a kernel in its world, until it logs "end".
std::string run_with_kernel(std::string_view script) {
  Browser browser;
  std::unique_ptr<Host> host;
  browser.on_context = [&](PageEvents::Which which, script::Context& context) -> Result<> {
    if (which == PageEvents::Which::main) host = std::make_unique<Host>(*browser.loop, context);
    return {};
  };
  browser.on_release = [&] { host.reset(); };
  auto logged = browser.run_to_end(script);
  for (const auto& report : host->reports) logged += "reported: " + report + "\n";
  browser.page.reset();
  return logged;
}

}  // namespace

TEST_CASE("kernel: structuredClone knows the platform's objects") {
  CHECK(run_with_kernel(R"(
    const loop = {list: [1, 2n, new Date(0)], map: new Map([['k', new Set([1])]])}
    loop.self = loop
    const copy = structuredClone(loop)
    console.log(copy !== loop, copy.self === copy, copy.list[1], copy.map.get('k').has(1))
    const error = structuredClone(new DOMException('m', 'AbortError'))
    console.log(error instanceof DOMException, error.name, error.code)
    for (const bad of [() => {}, new EventTarget(), new URL('http://h'), document])
      try { structuredClone({bad}); console.log('cloned') } catch (error) { console.log(error.name, error.code) }
    console.log('end')
  )") == "true true 2n true\ntrue AbortError 20\nDataCloneError 25\nDataCloneError 25\nDataCloneError 25\n"
         "DataCloneError 25\n");
}

TEST_CASE("kernel: ports are event targets of this platform") {
  CHECK(run_with_kernel(R"(
    const {port1, port2} = new MessageChannel()
    console.log(port1 instanceof EventTarget, `${port1}`)
    port2.addEventListener('message', event => {
      console.log(event instanceof MessageEvent, event.data.a, event.target === port2, event.ports.length)
      if (event.data.a === 1) return port1.postMessage({a: 2}, [new MessageChannel().port1])
      console.log('end')
    })
    port2.start()
    port1.postMessage({a: 1})
  )") == "true [object MessagePort]\ntrue 1 true 0\ntrue 2 true 1\n");
}

TEST_CASE("kernel: what a port's listener throws is an error of the page") {
  CHECK(run_with_kernel(R"(
    const {port1, port2} = new MessageChannel()
    onerror = message => { console.log(message); console.log('end'); return true }
    port2.onmessage = () => { throw new RangeError('in a listener') }
    port1.postMessage(1)
  )") == "Uncaught RangeError: in a listener\n");
}

TEST_CASE("kernel: window.postMessage reaches the window's listeners in a later task, with ports") {
  CHECK(run_with_kernel(R"(
    onmessage = ({data, origin, source, ports: [port], isTrusted}) => {
      console.log(data.list, origin, source === window)
      if (!port) return
      port.onmessage = ({data}) => { console.log(data); console.log('end') }
    }
    const {port1, port2} = new MessageChannel()
    window.postMessage({list: [1]}, location.origin)
    postMessage({list: []}, '*', [port2])
    port1.postMessage('through')
    console.log('posted')
    try { postMessage({f() {}}) } catch (error) { console.log(error.name) }
  )") == "posted\nDataCloneError\n[1] file:// true\n[] file:// true\nthrough\n");
}

}  // namespace mullion::headless
