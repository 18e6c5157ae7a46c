// A utility process's object.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mullion/common.hpp"
#include "mullion/process/isolation.hpp"

namespace mullion {
class Loop;

namespace utility {

namespace detail {
struct ProcessState;
}

// What a utility process may touch. Lives as long as the process. Loop thread.
//
//   Task<Result<>> indexer(utility::Process& process) {
//     auto hello = co_await process.parent_port().receive();
//     ...
//   }
class Process {
 public:
  explicit Process(detail::ProcessState& state) : state_(state) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // To and from main's UtilityProcess handle. Its queue is open from the start. It closes when main is gone.
  StartedPort& parent_port();
  const std::vector<std::string>& arguments() const;  // UtilityProcessOptions::arguments
  const std::string& name() const;                    // the entry's
  Loop& loop();
  const IsolationReport& isolation() const;  // what was reached of it; nothing in a process that is `same_user`
  Result<MessageChannel> create_channel();
  void spawn(Task<Result<>> task);  // runs until it ends or the process does; an error is logged
  // Ends the process after this turn; what was posted before is delivered.
  void exit(int code = 0);

 private:
  detail::ProcessState& state_;
};

}  // namespace utility
}  // namespace mullion
