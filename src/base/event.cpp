#include "mullion/base/event.hpp"

#include <algorithm>

namespace mullion {
namespace detail {

struct Slot {
  std::uint64_t id;
  EventKey key;
  bool once;
  std::shared_ptr<Listener> listener;  // empty: removed during an emit
};

struct EmitterState {
  std::vector<Slot> slots;  // by id
  std::uint64_t last_id = 0;
  int emitting = 0;
  bool untidy = false;

  Slot* find(std::uint64_t id);
  void remove(std::uint64_t id);
  void remove(Slot& slot);
  void emit(const EventKey& key, void* arguments);
  void tidy();
  void end();
};

Slot* EmitterState::find(std::uint64_t id) {
  auto slot = std::ranges::lower_bound(slots, id, {}, &Slot::id);
  return slot != slots.end() && slot->id == id && slot->listener ? &*slot : nullptr;
}

void EmitterState::remove(std::uint64_t id) {
  if (auto* slot = find(id)) remove(*slot);
}

void EmitterState::remove(Slot& slot) {
  auto last = std::move(slot.listener);  // its destructor may come back here: after the slots are in order again
  untidy = true;
  tidy();
}

void EmitterState::tidy() {
  if (emitting > 0 || !untidy) return;
  untidy = false;
  std::erase_if(slots, [](const Slot& slot) { return !slot.listener; });
}

void EmitterState::emit(const EventKey& key, void* arguments) {
  ++emitting;
  const auto count = slots.size();
  for (std::size_t i = 0; i < count && i < slots.size(); ++i) {
    if (!slots[i].listener || slots[i].key != key) continue;
    auto called = slots[i].listener;
    if (slots[i].once) remove(slots[i]);
    called->call(arguments);
  }
  --emitting;
  tidy();
}

void EmitterState::end() {
  auto last = std::move(slots);
  slots.clear();
}

}  // namespace detail

struct Scope::Subscription {
  std::weak_ptr<detail::EmitterState> emitter;
  std::uint64_t id;

  bool ended() const {
    auto state = emitter.lock();
    return !state || !state->find(id);
  }
};

Scope::Scope() = default;
Scope::Scope(Scope&&) noexcept = default;
Scope& Scope::operator=(Scope&& other) noexcept {
  auto replaced = std::exchange(subscriptions_, std::exchange(other.subscriptions_, {}));
  std::swap(other.subscriptions_, replaced);
  other.end();
  return *this;
}
Scope::~Scope() { end(); }

void Scope::end() {
  auto ending = std::move(subscriptions_);
  subscriptions_.clear();
  for (const Subscription& subscription : ending) {
    if (auto emitter = subscription.emitter.lock()) emitter->remove(subscription.id);
  }
}

Emitter& Emitter::operator=(Emitter&& other) noexcept {
  auto replaced = std::exchange(state_, std::move(other.state_));
  if (replaced) replaced->end();
  return *this;
}
Emitter::~Emitter() {
  if (auto state = std::move(state_)) state->end();
}

ListenerId Emitter::add(detail::EventKey key, std::shared_ptr<detail::Listener> listener, bool once) {
  if (!state_) state_ = std::make_shared<detail::EmitterState>();
  state_->slots.push_back({++state_->last_id, key, once, std::move(listener)});
  return ListenerId(state_->last_id);
}

ListenerId Emitter::add(Scope& scope, detail::EventKey key, std::shared_ptr<detail::Listener> listener) {
  auto id = add(key, std::move(listener), false);
  if (scope.subscriptions_.size() == scope.subscriptions_.capacity()) {
    std::erase_if(scope.subscriptions_, [](const auto& subscription) { return subscription.ended(); });
  }
  scope.subscriptions_.push_back({state_, std::uint64_t(id)});
  return id;
}

void Emitter::off(ListenerId id) {
  if (auto state = state_) state->remove(std::uint64_t(id));
}

void Emitter::emit(const detail::EventKey& key, void* arguments) {
  auto state = state_;  // a listener may destroy this emitter
  state->emit(key, arguments);
}

std::size_t Emitter::count(const detail::EventKey& key) const {
  if (!state_) return 0;
  return std::ranges::count_if(state_->slots, [&](const auto& slot) { return slot.listener && slot.key == key; });
}

}  // namespace mullion
