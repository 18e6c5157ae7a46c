#include "bystander.hpp"

#include <chrono>

#include "census.hpp"
#include "harness/scripts.hpp"

namespace mullion::fault {
namespace {

constexpr std::chrono::minutes longest_life{60};
constexpr std::size_t flood_filling = 64 * 1024;
constexpr std::size_t call_filling = 5000;

}  // namespace

Bystander::~Bystander() {
  for (const auto& [end, line] : lines_) talk_.node().observe(end, nullptr);
}

void Bystander::serve(EndId end) {
  auto& line = lines_[end] = std::make_unique<Line>(*this, end);
  talk_.node().observe(end, line.get());
  talk_.node().start(end);
  if (end != boot_) given_ = end;
}

void Bystander::hear(EndId end) {
  while (lines_.contains(end)) {
    auto note = talk_.hear(end);
    if (!note) return;
    answer(end, *note);
  }
}

void Bystander::answer(EndId end, Note& note) {
  for (const EndId port : note.ports) serve(port);
  switch (note.verb) {
    case Verb::serve_stranger:
      for (const EndId port : note.ports) talk_.distrust(port);
      break;
    case Verb::call:
      if (lines_.contains(given_)) talk_.say(given_, Verb::echo, call_filling);
      break;
    case Verb::echo:
      talk_.say(end, Verb::echoed, note.filling);
      break;
    case Verb::give_back:
      give_back(end);
      break;
    case Verb::flood:
      flood(end);
      break;
    case Verb::report:
      report(end);
      break;
    default:
      break;
  }
}

void Bystander::give_back(EndId end) {
  const EndId port = lines_.contains(given_) ? given_ : 0;
  if (port) talk_.node().observe(port, nullptr);
  if (!port || !talk_.say(end, Verb::given, 0, {port})) {
    talk_.say(end, Verb::given);
    return;
  }
  talk_.forget(port);
  dropped_.push_back(std::move(lines_[port]));
  lines_.erase(port);
}

void Bystander::flood(EndId end) {
  while (talk_.say(given_, Verb::done, flood_filling)) continue;
  talk_.say(end, Verb::done);
}

void Bystander::report(EndId end) {
  dropped_.clear();
  const Census now = take_census();
  talk_.say_report(end, {.ends = static_cast<std::uint32_t>(lines_.size()),
                         .damaged = talk_.damaged(),
                         .told_twice = told_twice_,
                         .descriptors = now.descriptors,
                         .mappings = now.mappings,
                         .threads = now.threads,
                         .heap = now.heap});
}

void Bystander::closed(Line& line) {
  if (std::exchange(line.told, true)) ++told_twice_;
  if (line.end == boot_) {
    over_ = true;
    return;
  }
  drop(line.end);
}

void Bystander::drop(EndId end) {
  talk_.node().close(end);
  talk_.forget(end);
  dropped_.push_back(std::move(lines_[end]));
  lines_.erase(end);
}

MULLION_SCRIPT(bystander) {
  Bystander all(self.node(), self.boot());
  EXPECT(harness::run_until(self.loop(), [&] { return all.over(); }, longest_life));
}

}  // namespace mullion::fault
