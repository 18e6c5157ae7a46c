#include "headless/files.hpp"

#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

using Part = std::expected<FilePart, NetError>;

// As the renderer's URL parser would have it, for URLs that need no mending; others grant nothing.
std::string path_of(std::string_view url) {
  if (!lower(url.substr(0, 7)).starts_with("file://")) return {};
  url.remove_prefix(7);
  if (lower(url.substr(0, 10)).starts_with("localhost/")) url.remove_prefix(9);
  std::string path = percent_decode(url.substr(0, url.find_first_of("?#")));
  return path.starts_with('/') && path.find('\0') == std::string::npos ? path : std::string();
}

std::expected<std::string, NetError> allowed(const FileAsk& ask, const std::vector<std::string>& granted) {
  std::expected<std::string, NetError> why = std::unexpected(err_access_denied);
  for (const auto& path : granted) {
    if (path.empty()) continue;
    if (!ask.reader && path == ask.path) return real_path(path);
    auto real = path_below(ask.path, path);
    if (real) return ask.reader ? path_below(ask.path, *ask.reader) : real;
    if (real.error() == err_file_not_found) why = real;
  }
  return why;
}

Part read_allowed(const FileAsk& ask, const std::vector<std::string>& granted) {
  auto real = allowed(ask, granted);
  if (!real) return std::unexpected(real.error());
  return read_part(*real, ask.from, Files::part_bytes);
}

// No handler of the program's runs on such a thread.
bool start_thread(std::move_only_function<void()> work) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = true;
  try {
    std::thread([work = std::move(work)]() mutable { work(); }).detach();
  } catch (const std::system_error&) {
    started = false;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

}  // namespace

void Files::grant(std::string_view url) { granted_.push_back(path_of(url)); }

void Files::committed() {
  if (granted_.size() > 1) granted_.erase(granted_.begin(), granted_.end() - 1);
}

void Files::forget() {
  granted_.clear();
  waiting_.resize(reading_ ? 1 : 0);
  if (reading_) waiting_.front().answer = [](const Part&) {};
}

void Files::read(FileAsk ask, Answer answer) {
  if (waiting_.size() >= most_waiting) return answer(std::unexpected(err_failed));
  if (ask.path.size() >= longest_path || ask.reader.value_or("").size() >= longest_path)
    return answer(std::unexpected(err_file_path_too_long));  // and so what waits is small
  waiting_.push_back({std::move(ask), std::move(answer)});
  next();
}

void Files::next() {
  if (reading_ || waiting_.empty()) return;
  reading_ = true;
  if (!start(waiting_.front().ask)) finished(std::unexpected(err_failed));
}

bool Files::start(FileAsk ask) {
  auto done = [this, alive = std::weak_ptr(alive_)](Part part) mutable {
    if (!alive.expired()) finished(std::move(part));
  };
  return start_thread([ask = std::move(ask), granted = granted_, loop = loop_.poster(),
                       done = std::move(done)]() mutable {
    (void)loop.post([part = read_allowed(ask, granted), done = std::move(done)]() mutable { done(std::move(part)); });
  });
}

void Files::finished(Part part) {
  auto first = std::move(waiting_.front());
  waiting_.pop_front();
  reading_ = false;
  next();
  first.answer(std::move(part));
}

}  // namespace mullion::headless
