// on, once and off for objects that have events.
#pragma once

#include <utility>

#include "mullion/base/event.hpp"

namespace mullion {

// Gives an object `on`, `once` and `off`; Self has `Emitter& emitter() const`.
// Listeners run on the loop's thread, in registration order. `on` without a scope lives as long as the emitter.
template <class Self>
class Emits {
 public:
  template <class... A, class F>
  ListenerId on(const Event<A...>& event, F listener) const {
    return self().emitter().on(event, std::move(listener));
  }
  template <class... A, class F>
  void on(Scope& scope, const Event<A...>& event, F listener) const {
    self().emitter().on(scope, event, std::move(listener));
  }
  template <class... A, class F>
  ListenerId once(const Event<A...>& event, F listener) const {
    return self().emitter().once(event, std::move(listener));
  }
  void off(ListenerId id) const { self().emitter().off(id); }

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }
};

// Passed to listeners that may stop what is about to happen.
class CancelableEvent {
 public:
  void prevent_default() { prevented_ = true; }
  bool default_prevented() const { return prevented_; }

 private:
  bool prevented_ = false;
};

}  // namespace mullion
