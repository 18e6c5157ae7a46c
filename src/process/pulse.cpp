#include "process/pulse.hpp"

#include <algorithm>
#include <utility>

namespace mullion::main::detail {

namespace {

constexpr std::uint64_t longest_rest_ms = 1000;
constexpr std::uint64_t looked_at_rest_ms = 5000;

}  // namespace

Pulse::Pulse(Loop& loop, std::uint64_t patience_ms, Handlers handlers)
    : loop_(loop),
      patience_ms_(patience_ms),
      rest_ms_(std::min(patience_ms, longest_rest_ms)),
      handlers_(std::move(handlers)) {}

void Pulse::wanted() {
  if (state_ == State::idle) return ask();
  if (state_ == State::rests) again_ = true;
}

void Pulse::ask() {
  if (patience_ms_ == 0) return;
  timer_ = Timer();
  state_ = State::asked;
  if (!handlers_.ask(++number_)) return void(state_ = State::idle);
  timer_ = Timer(loop_, patience_ms_, [this] { lost(); });
}

void Pulse::lost() {
  state_ = State::lost;
  handlers_.changed(false);
}

void Pulse::answered(std::uint32_t number) {
  if (number != number_ || (state_ != State::asked && state_ != State::lost)) return;
  bool was_lost = std::exchange(state_, State::rests) == State::lost;
  timer_ = Timer(loop_, rest_ms_, [this] { rested(); });
  if (was_lost) handlers_.changed(true);
}

void Pulse::rested() {
  state_ = State::idle;
  auto interest = handlers_.interest();
  if (std::exchange(again_, false) || interest == Interest::waited_for) return ask();
  if (interest == Interest::looked_at) timer_ = Timer(loop_, looked_at_rest_ms, [this] { ask(); });
}

void Pulse::begin_again() {
  bool was_lost = state_ == State::lost;
  stop();
  ask();
  if (was_lost) handlers_.changed(true);
}

void Pulse::stop() {
  state_ = State::idle;
  again_ = false;
  timer_ = Timer();
}

}  // namespace mullion::main::detail
