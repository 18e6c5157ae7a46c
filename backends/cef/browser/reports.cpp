#include "cef/browser/reports.hpp"

#include <utility>

namespace mullion::cef {

namespace {

constexpr std::uint64_t patience_ms = 2000;

}  // namespace

Reports::Reports(backend::ViewHost& host, std::move_only_function<bool()> may_end)
    : host_(host), may_end_(std::move(may_end)) {}

void Reports::add(Entry entry) {
  entries_.push_back(std::move(entry));
  look_again();
}

void Reports::drop_loads() {
  std::erase_if(entries_, [](const Entry& each) { return each.kind != Kind::other; });
  look_again();
}

void Reports::look_again() {
  if (entries_.empty() || std::exchange(flushing_, true)) return;
  host_.loop().defer([this, alive = alive_] {
    if (*alive) flush();
  });
}

void Reports::flush() {
  auto alive = alive_;
  while (!entries_.empty() && !waits(entries_.front())) {
    auto tell = std::move(entries_.front().tell);
    entries_.pop_front();
    tell(host_);
    if (!*alive) return;
  }
  flushing_ = false;
}

bool Reports::waits(const Entry& entry) {
  bool wait = entry.kind == Kind::end && !impatient_ && !may_end_();
  impatient_ = false;
  if (wait != std::exchange(waiting_, wait))
    patience_ = !wait ? Timer() : Timer(host_.loop(), patience_ms, [this] {
      impatient_ = true;
      look_again();
    });
  return wait;
}

}  // namespace mullion::cef
