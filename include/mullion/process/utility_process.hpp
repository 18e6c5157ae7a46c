// A child process without a page, as main sees it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mullion/ipc/port.hpp"
#include "mullion/ipc/value.hpp"
#include "mullion/process/events.hpp"
#include "mullion/process/isolation.hpp"
#include "mullion/transport/medium.hpp"

namespace mullion::main {

class App;
namespace detail {
struct Utility;
}

struct UtilityProcessOptions {
  std::string service_name{};  // in child_process_gone and app metrics; "" is the entry's name
  std::vector<std::string> arguments{};
  transport::Medium transport = transport::Medium::automatic;
  Isolation isolation = Isolation::same_user;  // `isolated` opens no file: see isolation.hpp
  // Added to the parent's environment.
  std::vector<std::pair<std::string, std::string>> environment{};
};

// A utility process. A small copyable handle: the App owns the process. Loop thread.
//
//   auto worker = main::UtilityProcess::fork(app, "indexer", {.service_name = "Indexer"});
//   worker->post_message("/usr/share/common-licenses/GPL-3", std::move(port));
//   worker->on(main::exit, [](int code) { ... });
//
// - Messages posted before the process runs wait for it, in order.
// - After its end, post_message answers `disconnected`, code "destroyed", and the ports stay the caller's.
// - `exit` comes once, after the last message. An end that was not exit 0 is also the app's child_process_gone.
class UtilityProcess : public Emits<UtilityProcess> {
 public:
  // `name` is one of Program::utilities. `failed` before the app is ready; `invalid` for an unknown name.
  static Result<UtilityProcess> fork(App& app, std::string_view name, UtilityProcessOptions options = {});

  explicit UtilityProcess(std::shared_ptr<detail::Utility> utility) : utility_(std::move(utility)) {}

  int pid() const;  // 0 after its end
  transport::Medium transport() const;
  template <class... Ports>
  Result<> post_message(const Value& message, Ports&&... ports) const {
    MessagePort* each[] = {&ports..., nullptr};
    return post_each(message, each, sizeof...(ports));
  }
  // Ends it with SIGTERM, and with SIGKILL when it is still there after a second. False after its end.
  bool kill() const;

  friend bool operator==(const UtilityProcess& a, const UtilityProcess& b) { return a.utility_ == b.utility_; }
  Emitter& emitter() const;

 private:
  Result<> post_each(const Value& message, MessagePort** ports, std::size_t count) const;
  std::shared_ptr<detail::Utility> utility_;
};

inline constexpr Event<Message&> message{"message"};  // from the child's parent_port; its ports may be moved out
inline constexpr Event<int> exit{"exit"};             // the exit code, or 128 + the signal's number

}  // namespace mullion::main
