// A child process of main: its process, its boot channel, and why it ended.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mullion/node/broker.hpp"
#include "mullion/process/isolation.hpp"
#include "process/boot_port.hpp"

namespace mullion::process {

struct ChildStart {
  std::string role;
  std::string name;
  transport::Medium medium = transport::Medium::automatic;
  std::vector<std::pair<std::string, std::string>> environment{};
  Isolation isolation = Isolation::same_user;
  int system_calls = -1;  // write_system_calls(), for an isolated one
};

// How a child ended, in Electron's words.
struct ChildEnd {
  std::string reason;  // "clean-exit", "abnormal-exit", "killed", "crashed", "protocol"
  int code = 0;        // exit code, or the signal's number
  bool signalled = false;
};

// Destroying it kills the process if it still runs; nothing is called after.
class ChildProcess {
 public:
  struct Handlers {
    std::move_only_function<void(Incoming)> receive;
    std::move_only_function<void(const ChildEnd&)> ended;  // once, after the last message
  };
  static Result<std::unique_ptr<ChildProcess>> start(node::Broker& broker, ChildStart start, Handlers handlers);
  // One that somebody else started, over our end of its link's socket. Destroying this hangs up and leaves it running.
  static Result<std::unique_ptr<ChildProcess>> adopt(node::Broker& broker, UniqueFd socket, std::string name,
                                                     Handlers handlers);
  ~ChildProcess();

  BootPort& boot() { return *boot_; }
  int pid() const;
  void kill(int signal);
  // A message of the child's cannot be what an honest child sends: its link is closed and the process killed.
  void violated(std::string what);
  transport::Medium medium() const;
  transport::LinkStats stats() const;
  std::uint64_t memory_bytes() const;

 private:
  ChildProcess(node::Broker& broker, Handlers handlers) : broker_(broker), handlers_(std::move(handlers)) {}
  node::ChildEvents events();
  void open_boot(node::ChildId id);
  void link_failed(const Error& why);
  void exited(node::ExitStatus status);
  void boot_closed();
  void finish();

  node::Broker& broker_;
  Handlers handlers_;
  node::ChildId id_ = 0;
  std::unique_ptr<BootPort> boot_;
  std::optional<ChildEnd> end_;
  bool adopted_ = false;
  bool lied_ = false;
  bool boot_closed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace mullion::process
