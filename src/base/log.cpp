#include "mullion/base/log.hpp"

#include <unistd.h>

#include <memory>
#include <mutex>
#include <string>

namespace mullion {
namespace {

using Sink = std::move_only_function<void(Level, std::string_view)>;

struct Log {
  std::recursive_mutex mutex;  // a sink may replace itself
  std::shared_ptr<Sink> sink;
};

// Never destroyed: threads may log until the process has ended.
Log& the_log() {
  static auto& log = *new Log;
  return log;
}

void write_line(Level level, std::string_view text) {
  if (level < Level::info) return;
  std::string line = "mullion: ";
  line += text;
  line += '\n';
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: return "error";
  }
  return "error";
}

void set_log_sink(std::move_only_function<void(Level, std::string_view)> sink) {
  auto replacement = sink ? std::make_shared<Sink>(std::move(sink)) : nullptr;
  auto& log = the_log();
  std::lock_guard lock(log.mutex);
  log.sink.swap(replacement);
}

void log(Level level, std::string_view text) {
  auto& log = the_log();
  std::lock_guard lock(log.mutex);
  if (auto sink = log.sink) {
    (*sink)(level, text);
  } else {
    write_line(level, text);
  }
}

}  // namespace mullion
