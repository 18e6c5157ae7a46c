#include "mullion/base/event.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace mullion;

namespace {

struct Gone {
  std::string reason;
};
struct CloseRequest {
  bool prevented = false;
};

inline constexpr Event<> ready{"ready"};
inline constexpr Event<const Gone&> gone{"gone"};
inline constexpr Event<CloseRequest&> close_request{"close"};
inline constexpr Event<int, std::string> numbered{"numbered"};

}  // namespace

TEST_CASE("event: listeners are called in the order in which they were added") {
  Emitter emitter;
  std::string calls;
  emitter.on(ready, [&] { calls += "a"; });
  emitter.on(gone, [&](const Gone&) { calls += "-"; });
  emitter.on(ready, [&] { calls += "b"; });
  emitter.on(ready, [&] { calls += "c"; });
  emitter.emit(ready);
  CHECK(calls == "abc");
  CHECK(emitter.count(ready) == 3);
  CHECK(emitter.count(gone) == 1);
  CHECK(emitter.count(close_request) == 0);
}

TEST_CASE("event: arguments arrive by reference, by value, or not at all") {
  Emitter emitter;
  std::string reason;
  int calls = 0;
  emitter.on(gone, [&](const Gone& what) { reason = what.reason; });
  emitter.on(gone, [&] { ++calls; });
  emitter.emit(gone, Gone{"crashed"});
  CHECK(reason == "crashed");
  CHECK(calls == 1);
  emitter.on(close_request, [](CloseRequest& request) { request.prevented = true; });
  CloseRequest request;
  emitter.emit(close_request, request);
  CHECK(request.prevented);
  std::vector<std::string> texts;
  emitter.on(numbered, [&](int n, std::string text) { texts.push_back(text + std::to_string(n)); });
  emitter.on(numbered, [&](int n, const std::string& text) { texts.push_back(text + std::to_string(n)); });
  emitter.emit(numbered, 3, "a text");
  CHECK(texts == std::vector<std::string>{"a text3", "a text3"});
}

TEST_CASE("event: a listener may own what it captures alone") {
  Emitter emitter;
  int got = 0;
  emitter.on(ready, [&got, owned = std::make_unique<int>(4)] { got = *owned; });
  emitter.emit(ready);
  CHECK(got == 4);
}

TEST_CASE("event: the name and the types identify an event") {
  static constexpr Event<> same_name{"ready"};
  static constexpr Event<int> other_types{"ready"};
  Emitter emitter;
  int calls = 0;
  emitter.on(ready, [&] { ++calls; });
  emitter.emit(same_name);
  CHECK(calls == 1);
  emitter.emit(other_types, 1);
  CHECK(calls == 1);
}

TEST_CASE("event: once is called once, also when it emits again itself") {
  Emitter emitter;
  int calls = 0;
  emitter.once(ready, [&] {
    ++calls;
    emitter.emit(ready);
  });
  emitter.emit(ready);
  emitter.emit(ready);
  CHECK(calls == 1);
  CHECK(emitter.count(ready) == 0);
}

TEST_CASE("event: off ends one subscription; an unknown or ended one is nothing") {
  Emitter emitter;
  int calls = 0;
  auto first = emitter.on(ready, [&] { ++calls; });
  auto second = emitter.on(ready, [&] { ++calls; });
  emitter.off(first);
  emitter.off(first);
  emitter.off(ListenerId{});
  emitter.off(ListenerId{1000});
  emitter.emit(ready);
  CHECK(calls == 1);
  emitter.off(second);
  emitter.emit(ready);
  CHECK(calls == 1);
  Emitter().off(first);
}

TEST_CASE("event: those removed during an emit are not called, those added neither") {
  Emitter emitter;
  std::string calls;
  ListenerId later{};
  emitter.on(ready, [&] {
    calls += "a";
    emitter.off(later);
    emitter.on(ready, [&] { calls += "n"; });
  });
  later = emitter.on(ready, [&] { calls += "b"; });
  emitter.on(ready, [&] { calls += "c"; });
  emitter.emit(ready);
  CHECK(calls == "ac");
  calls.clear();
  emitter.emit(ready);
  CHECK(calls == "acn");
}

TEST_CASE("event: a listener that removes itself keeps its captures until it returns") {
  Emitter emitter;
  auto token = std::make_shared<int>(7);
  ListenerId id{};
  id = emitter.on(ready, [&, token] {
    emitter.off(id);
    CHECK(*token == 7);
    CHECK(token.use_count() == 2);
  });
  emitter.emit(ready);
  CHECK(token.use_count() == 1);
}

TEST_CASE("event: many listeners may come and go during nested emits") {
  Emitter emitter;
  int calls = 0;
  std::vector<ListenerId> added;
  emitter.on(numbered, [&](int depth, const std::string& text) {
    ++calls;
    for (int i = 0; i < 20; ++i) added.push_back(emitter.on(ready, [&] { ++calls; }));
    if (depth > 0) emitter.emit(numbered, depth - 1, text);
    for (auto id : added) emitter.off(id);
    added.clear();
  });
  emitter.emit(numbered, 5, "x");
  CHECK(calls == 6);
  CHECK(emitter.count(ready) == 0);
}

TEST_CASE("event: a listener may destroy the emitter; the rest is not called") {
  auto emitter = std::make_unique<Emitter>();
  int calls = 0;
  emitter->on(ready, [&, token = std::make_shared<int>(7)] {
    ++calls;
    emitter.reset();
    CHECK(*token == 7);
  });
  emitter->on(ready, [&] { ++calls; });
  emitter->emit(ready);
  CHECK(calls == 1);
}

TEST_CASE("event: an emitter moves with its listeners, and drops them when assigned") {
  Emitter emitter;
  int calls = 0;
  emitter.on(ready, [&] { ++calls; });
  Emitter moved = std::move(emitter);
  moved.emit(ready);
  CHECK(calls == 1);
  moved = Emitter();
  moved.emit(ready);
  CHECK(calls == 1);
}

TEST_CASE("event: a listener whose end comes back to the emitter finds it in order") {
  struct Returns {
    Emitter* emitter;
    explicit Returns(Emitter* emitter) : emitter(emitter) {}
    ~Returns() { emitter->emit(ready); }
  };
  Emitter emitter;
  int calls = 0;
  auto id = emitter.on(gone, [held = std::make_unique<Returns>(&emitter)](const Gone&) {});
  emitter.on(ready, [&] { ++calls; });
  emitter.off(id);
  CHECK(calls == 1);
  CHECK(emitter.count(gone) == 0);
}

TEST_CASE("scope: ends its subscriptions, in whatever order it and the emitters end") {
  int calls = 0;
  Emitter emitter;
  {
    Scope scope;
    {
      Emitter shorter;
      shorter.on(scope, ready, [&] { ++calls; });
      shorter.emit(ready);
      CHECK(calls == 1);
    }
    emitter.on(scope, ready, [&] { ++calls; });
    emitter.on(scope, gone, [&](const Gone&) { ++calls; });
    emitter.emit(ready);
    CHECK(calls == 2);
  }
  emitter.emit(ready);
  emitter.emit(gone, Gone{});
  CHECK(calls == 2);
  CHECK(emitter.count(ready) == 0);
}

TEST_CASE("scope: can be moved, assigned, ended and used again") {
  Emitter emitter;
  Scope first;
  emitter.on(first, ready, [] {});
  Scope second = std::move(first);
  CHECK(emitter.count(ready) == 1);
  emitter.on(first, ready, [] {});
  CHECK(emitter.count(ready) == 2);
  second = std::move(first);
  CHECK(emitter.count(ready) == 1);
  second.end();
  CHECK(emitter.count(ready) == 0);
  emitter.on(second, ready, [] {});
  CHECK(emitter.count(ready) == 1);
}

TEST_CASE("scope: may end inside a listener of its own") {
  Emitter emitter;
  auto scope = std::make_unique<Scope>();
  int calls = 0;
  for (int i = 0; i < 3; ++i) {
    emitter.on(*scope, ready, [&] {
      ++calls;
      scope.reset();
    });
  }
  emitter.emit(ready);
  CHECK(calls == 1);
  CHECK(emitter.count(ready) == 0);
}
