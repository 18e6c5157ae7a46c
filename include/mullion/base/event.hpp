// Typed events, as Node's EventEmitter has them by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace mullion {

// The name of something that happens, and what listeners are told. Declared once, as a constant:
//
//   inline constexpr Event<const ChildProcessGone&> child_process_gone{"child-process-gone"};
//
// The name and the types identify it; the name must outlive every emitter, as a literal does.
template <class... A>
struct Event {
  std::string_view name;
};

// Names one subscription of one emitter, for off().
enum class ListenerId : std::uint64_t {};

namespace detail {

template <class... A>
inline constexpr char event_types = 0;

struct EventKey {
  std::string_view name;
  const char* types;  // the address of event_types
  bool operator==(const EventKey&) const = default;
};

struct Listener {
  virtual ~Listener() = default;
  virtual void call(void* arguments) = 0;  // a std::tuple<A&...>*
};

template <class F, class... A>
struct ListenerOf final : Listener {
  explicit ListenerOf(F f) : f(std::move(f)) {}
  void call(void* arguments) override {
    if constexpr (std::is_invocable_v<F&, A&...>) {
      std::apply(f, *static_cast<std::tuple<A&...>*>(arguments));
    } else {
      f();
    }
  }
  F f;
};

struct EmitterState;

}  // namespace detail

// Ends its subscriptions when it ends. It may outlive the emitters. Loop thread.
class Scope {
 public:
  Scope();
  Scope(Scope&&) noexcept;
  Scope& operator=(Scope&&) noexcept;
  ~Scope();
  void end();  // now; it can be used again

 private:
  friend class Emitter;
  struct Subscription;
  std::vector<Subscription> subscriptions_;
};

// Whoever has events to tell. Loop thread.
//
//   Emitter emitter;
//   emitter.on(child_process_gone, [](const ChildProcessGone& gone) { ... });
//   emitter.emit(child_process_gone, gone);
//
// - Listeners are called in the order in which they were added. They take the event's arguments as lvalues, or none.
// - A listener may add and remove listeners, emit, and destroy the emitter: those added meanwhile are not called in
//   this emit, those removed are not called any more.
class Emitter {
 public:
  Emitter() = default;
  Emitter(Emitter&&) noexcept = default;
  Emitter& operator=(Emitter&&) noexcept;
  ~Emitter();

  template <class... A, class F>
  ListenerId on(const Event<A...>& event, F listener) {
    return add(key(event), listener_of<A...>(std::move(listener)), false);
  }
  template <class... A, class F>
  ListenerId on(Scope& scope, const Event<A...>& event, F listener) {
    return add(scope, key(event), listener_of<A...>(std::move(listener)));
  }
  template <class... A, class F>
  ListenerId once(const Event<A...>& event, F listener) {
    return add(key(event), listener_of<A...>(std::move(listener)), true);
  }
  void off(ListenerId id);  // of an unknown one: nothing

  template <class... A>
  void emit(const Event<A...>& event, std::type_identity_t<A>... arguments) {
    if (!state_) return;
    std::tuple<A&...> all(arguments...);
    emit(key(event), &all);
  }
  template <class... A>
  std::size_t count(const Event<A...>& event) const {
    return count(key(event));
  }

 private:
  template <class... A>
  static detail::EventKey key(const Event<A...>& event) {
    return {event.name, &detail::event_types<A...>};
  }
  template <class... A, class F>
  static std::shared_ptr<detail::Listener> listener_of(F f) {
    static_assert(std::is_invocable_v<F&, A&...> || std::is_invocable_v<F&>,
                  "The listener takes other arguments than the event has.");
    return std::make_shared<detail::ListenerOf<F, A...>>(std::move(f));
  }

  ListenerId add(detail::EventKey key, std::shared_ptr<detail::Listener> listener, bool once);
  ListenerId add(Scope& scope, detail::EventKey key, std::shared_ptr<detail::Listener> listener);
  void emit(const detail::EventKey& key, void* arguments);
  std::size_t count(const detail::EventKey& key) const;

  std::shared_ptr<detail::EmitterState> state_;
};

}  // namespace mullion
