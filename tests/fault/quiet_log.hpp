// What main says of its own accord about a liar is not what the tests look at.
#pragma once

#include "mullion/base/log.hpp"

namespace mullion::fault {

class QuietLog {
 public:
  QuietLog() {
    set_log_sink([](Level, std::string_view) {});
  }
  ~QuietLog() { set_log_sink(nullptr); }
  QuietLog(const QuietLog&) = delete;
  QuietLog& operator=(const QuietLog&) = delete;
};

}  // namespace mullion::fault
