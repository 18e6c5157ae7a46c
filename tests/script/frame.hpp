// A frame with two worlds and a kernel in each, over a fake native half: ports that live in a table, tasks in a queue.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "harness.hpp"
#include "mullion/ipc/value.hpp"
#include "script/kernel.hpp"

namespace mullion::script {

struct Frame;

inline Buffer copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

// Channels between worlds and the test itself.
struct Ports {
  struct Message {
    Buffer bytes;
    std::vector<PortId> ports;
  };
  struct End {
    PortId peer = 0;
    Kernel** owner = nullptr;  // the kernel that has it; null: the test
    bool started = false;
    bool closed = false;
    bool told = false;
    std::string reason{};  // why the peer is gone
    std::deque<Message> queue{};
  };

  PortId create(Kernel** owner) {
    PortId id = next;
    next += 2;
    ends[id] = {.peer = id + 1, .owner = owner};
    ends[id + 1] = {.peer = id, .owner = owner};
    return id;
  }
  Result<> post(PortId from, Bytes bytes, std::span<const PortId> carried) {
    if (refuse) return std::unexpected(*refuse);
    for (PortId port : carried) ends.at(port).owner = nullptr;
    ++posts;
    ends.at(ends.at(from).peer).queue.push_back({copy(bytes), {carried.begin(), carried.end()}});
    return {};
  }
  void close(PortId port, std::string_view reason = "closed") {
    End& end = ends.at(port);
    if (std::exchange(end.closed, true)) return;
    ++closes;
    for (auto& message : end.queue)
      for (PortId carried : message.ports) close(carried);
    ends.at(end.peer).reason = reason;
  }
  bool deliver_one();

  std::map<PortId, End> ends;
  PortId next = 101;
  int posts = 0;
  int closes = 0;
  std::optional<Error> refuse;
};

// What a world's ipcRenderer asked.
struct Sent {
  std::string how;
  std::string channel;
  Value arguments;
  std::vector<PortId> ports;
  std::uint64_t request = 0;
};

struct World final : KernelHost {
  World(Frame& frame, std::unique_ptr<Context> context, WorldId id);
  ~World() override { release(); }
  void release() {
    owned.reset();
    kernel = nullptr;
  }

  void later() override;
  void report(const Exception& exception) override { reports.push_back(exception); }
  Result<PortId> create_channel() override;
  Result<> port_post(PortId port, Bytes message, std::span<const PortId> ports) override;
  void port_start(PortId port) override;
  void port_stop(PortId port) override;
  void port_close(PortId port) override;
  Result<> ipc_send(std::string_view channel, Bytes arguments) override;
  Result<> ipc_post_message(std::string_view channel, Bytes arguments, std::span<const PortId> ports) override;
  Result<Buffer> ipc_send_sync(std::string_view channel, Bytes arguments) override;
  Result<> ipc_invoke(std::uint64_t request, std::string_view channel, Bytes arguments) override;
  Result<> window_post(Bytes message, std::string_view origin, std::span<const PortId> ports) override;
  Result<Outcome> bridge_call(FunctionId function, Bytes arguments) override;
  void bridge_release(FunctionId function, std::uint64_t count) override;
  Result<Outcome> bridge_execute(WorldId to, std::string_view source, Bytes arguments) override;
  void executed(std::uint64_t request, bool ok, Bytes value) override {
    results.push_back({request, ok, *decode(value)});
  }
  World& other(WorldId world);
  Result<> log(std::string how, std::string_view channel, Bytes arguments, std::span<const PortId> ports = {},
               std::uint64_t request = 0);

  struct Executed {
    std::uint64_t request;
    bool ok;
    Value value;
  };

  Frame& frame;
  std::unique_ptr<Context> context;
  WorldId id;
  std::unique_ptr<Kernel> owned;
  Kernel* kernel = nullptr;
  std::vector<Exception> reports;
  std::vector<Sent> sent;
  std::vector<Executed> results;
  std::optional<Error> refuse;                         // of every ipc call
  std::function<Result<Value>(const Value&)> on_sync;  // answers sendSync
};

struct Frame {
  explicit Frame(std::string_view before_kernel = {}) : before(before_kernel) {
    REQUIRE(preload.kernel->meet(*page.kernel));
  }

  // Tasks and messages, one at a time, until nothing is left.
  void drain() {
    for (;;) {
      if (!tasks.empty()) {
        auto task = std::move(tasks.front());
        tasks.pop_front();
        task();
      } else if (!ports.deliver_one()) {
        return;
      }
    }
  }
  // Runs script in a world and all that follows from it.
  std::string run(World& world, std::string_view source) {
    auto answer = text(*world.context, source);
    drain();
    return answer;
  }
  // Loop turns until a finalizer made it so.
  bool collect_until(std::function<bool()> done) {
    return script.run_until([&] {
      script.engine->collect_garbage();
      drain();
      return done();
    });
  }

  Script script;
  Ports ports;
  std::deque<std::function<void()>> tasks;
  std::string before;
  std::function<Outcome(FunctionId, Value)> on_native;  // calls of functions that native code exposed
  std::vector<std::string> native_log;
  World page{*this, script.world("main"), main_world};
  World preload{*this, script.world("isolated"), isolated_world};
};

inline bool Ports::deliver_one() {
  for (auto& [id, end] : ends) {
    if (!end.started || end.closed || end.told || !end.owner || !*end.owner) continue;
    if (!end.queue.empty()) {
      Message message = std::move(end.queue.front());
      end.queue.pop_front();
      for (PortId port : message.ports) ends.at(port).owner = end.owner;
      (*end.owner)->port_message(id, message.bytes, message.ports);
      return true;
    }
    if (!end.reason.empty()) {
      end.told = true;
      (*end.owner)->port_closed(id, end.reason);
      return true;
    }
  }
  return false;
}

inline World::World(Frame& in, std::unique_ptr<Context> of, WorldId world)
    : frame(in), context(std::move(of)), id(world) {
  eval(*context, platform_source());
  if (!frame.before.empty()) eval(*context, frame.before);
  auto booted = Kernel::boot(*context, *this, {.world = id});
  INFO((booted ? std::string() : booted.error().message));
  REQUIRE(booted);
  owned = std::move(*booted);
  kernel = owned.get();
}

inline World& World::other(WorldId world) { return world == main_world ? frame.page : frame.preload; }
inline void World::later() {
  frame.tasks.push_back([this] {
    if (kernel) kernel->run_task();
  });
}

inline Result<PortId> World::create_channel() {
  if (frame.ports.refuse) return std::unexpected(*frame.ports.refuse);
  return frame.ports.create(&kernel);
}
inline Result<> World::port_post(PortId port, Bytes message, std::span<const PortId> ports) {
  return frame.ports.post(port, message, ports);
}
inline void World::port_start(PortId port) { frame.ports.ends.at(port).started = true; }
inline void World::port_stop(PortId port) { frame.ports.ends.at(port).started = false; }
inline void World::port_close(PortId port) { frame.ports.close(port); }

inline Result<> World::log(std::string how, std::string_view channel, Bytes arguments, std::span<const PortId> ports,
                           std::uint64_t request) {
  if (refuse) return std::unexpected(*refuse);
  for (PortId port : ports) frame.ports.ends.at(port).owner = nullptr;
  sent.push_back({std::move(how), std::string(channel), *decode(arguments), {ports.begin(), ports.end()}, request});
  return {};
}
inline Result<> World::ipc_send(std::string_view channel, Bytes arguments) { return log("send", channel, arguments); }
inline Result<> World::ipc_post_message(std::string_view channel, Bytes arguments, std::span<const PortId> ports) {
  return log("post", channel, arguments, ports);
}
inline Result<Buffer> World::ipc_send_sync(std::string_view channel, Bytes arguments) {
  if (auto logged = log("sync", channel, arguments); !logged) return std::unexpected(logged.error());
  auto answer = on_sync(sent.back().arguments);
  if (!answer) return std::unexpected(answer.error());
  return encode(*answer);
}
inline Result<> World::ipc_invoke(std::uint64_t request, std::string_view channel, Bytes arguments) {
  return log("invoke", channel, arguments, {}, request);
}

inline Result<> World::window_post(Bytes message, std::string_view origin, std::span<const PortId> ports) {
  for (PortId port : ports) frame.ports.ends.at(port).owner = &frame.page.kernel;
  frame.tasks.push_back(
      [this, message = copy(message), origin = std::string(origin), ports = std::vector(ports.begin(), ports.end())] {
        frame.page.kernel->window_message(message, origin, ports);
        if (!frame.script.engine->worlds_share_document()) frame.preload.kernel->window_message(message, origin, {});
      });
  return {};
}

inline Error gone() { return {.kind = Kind::disconnected, .code = "released", .message = "the other world is gone"}; }

inline Result<Outcome> World::bridge_call(FunctionId function, Bytes arguments) {
  return frame.on_native(function, *decode(arguments));
}
inline void World::bridge_release(FunctionId function, std::uint64_t) {
  frame.native_log.push_back("release " + std::to_string(function));
}
inline Result<Outcome> World::bridge_execute(WorldId to, std::string_view source, Bytes arguments) {
  return other(to).kernel ? other(to).kernel->bridge_execute(id, source, arguments) : std::unexpected(gone());
}

// Runs a preload in the isolated world.
inline void preload(Frame& frame, std::string_view source) {
  auto ran = frame.preload.kernel->run_preload(source, "preload.js");
  INFO((ran ? std::string() : ran.error().message));
  REQUIRE(ran);
  frame.drain();
}

}  // namespace mullion::script
