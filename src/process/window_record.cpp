#include <utility>

#include "process/window.hpp"

namespace mullion::main::detail {

WindowRecord::WindowRecord(Rectangle bounds, WindowRecord*& focused, std::function<void()> changed)
    : state_{.bounds = bounds}, focused_(focused), changed_(std::move(changed)) {}

WindowRecord::~WindowRecord() { blur(); }

backend::WindowState WindowRecord::state() const {
  auto state = state_;
  state.focused = focused_ == this;
  return state;
}

void WindowRecord::show() {
  state_.visible = true;
  restore();
}

void WindowRecord::hide() {
  state_.visible = false;
  blur();
}

void WindowRecord::minimize() {
  state_.minimized = true;
  blur();
}

void WindowRecord::restore() {
  state_.minimized = false;
  focus();
}

void WindowRecord::focus() {
  if (!state_.visible || state_.minimized) return;
  auto* last = std::exchange(focused_, this);
  if (last && last != this) last->changed_();
}

void WindowRecord::blur() {
  if (focused_ == this) focused_ = nullptr;
}

}  // namespace mullion::main::detail
