#include "base/loop_state.hpp"

namespace mullion {
namespace detail {

struct TimerState : Handle {
  uv_timer_t timer{};
  Action f;

  void fire() noexcept { call(f); }
  void drop_callback() override { auto last = std::move(f); }
};

}  // namespace detail

Timer::Timer(Loop& loop, std::uint64_t delay_ms, std::move_only_function<void()> f, std::uint64_t repeat_ms)
    : state_(std::make_shared<detail::TimerState>()) {
  state_->f = std::move(f);
  uv_timer_init(loop.native(), &state_->timer);
  state_->open(*loop.state_, reinterpret_cast<uv_handle_t*>(&state_->timer), state_);
  uv_update_time(loop.native());  // the loop's clock stands still while a callback runs
  auto fire = [](uv_timer_t* timer) {
    static_cast<detail::TimerState*>(static_cast<detail::Handle*>(timer->data))->fire();
  };
  uv_timer_start(&state_->timer, fire, delay_ms, repeat_ms);
  loop.state_->touched();
}

Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&& other) noexcept {
  auto replaced = std::exchange(state_, std::move(other.state_));
  if (replaced) replaced->end();
  return *this;
}
Timer::~Timer() {
  if (state_) state_->end();
}

}  // namespace mullion
