#include "mullion/base/task.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "mullion/base/error.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/base/sleep.hpp"

using namespace mullion;

namespace {

struct Counted {
  explicit Counted(int& count) : count(&count) { ++count; }
  Counted(Counted&& other) noexcept : count(std::exchange(other.count, nullptr)) {}
  ~Counted() {
    if (count) --*count;
  }
  int* count;
};

// How far the stack of this thread has grown below a first call.
struct StackMeter {
  std::size_t deepest = 0;
  const char* base = nullptr;
  __attribute__((noinline)) void measure() {
    auto* at = static_cast<const char*>(__builtin_frame_address(0));  // not a local's: sanitizers move locals
    if (!base) base = at;
    deepest = std::max(deepest, std::size_t(base > at ? base - at : at - base));
  }
};

Task<int> number(int n) { co_return n; }
Task<> add_to(std::vector<int>& list, int n) {
  list.push_back(n);
  co_return;
}
Task<std::unique_ptr<int>> owned(int n) { co_return std::make_unique<int>(n); }
Task<Result<std::string>> name_or_error(bool ok) {
  if (!ok) co_return std::unexpected(Error{Kind::denied, "no", "It is not permitted."});
  co_return "name";
}
Task<Result<>> check(bool ok) {
  auto task = name_or_error(ok);
  auto result = co_await std::move(task);
  if (!result) co_return std::unexpected(result.error());
  co_return Result<>{};
}
template <class T>
Task<> store(Task<T> task, std::optional<T>& to) {
  to.emplace(co_await std::move(task));
}
template <class T>
std::optional<T> run(Task<T> task) {
  std::optional<T> result;
  Tasks tasks;
  tasks.spawn(store(std::move(task), result));
  return result;
}

Task<int> deep(int depth, StackMeter& meter) {
  meter.measure();
  int below = depth == 0 ? 0 : co_await deep(depth - 1, meter);
  meter.measure();
  co_return below + 1;
}
Task<int> deep_after(int depth, OneShot<int> first) {
  if (depth > 0) co_return 1 + co_await deep_after(depth - 1, std::move(first));
  auto answer = co_await std::move(first);
  co_return answer.value_or(-1);
}
Task<> wait_for(OneShot<int> waiting, std::optional<int>& to, int& frames) {
  Counted counted(frames);
  to = co_await std::move(waiting);
}
Task<> wait_below(OneShot<int> waiting, std::optional<int>& to, int& frames) {
  Counted counted(frames);
  auto below = wait_for(std::move(waiting), to, frames);
  co_await std::move(below);
}

}  // namespace

TEST_CASE("task: is lazy, starts when it is spawned") {
  std::vector<int> list;
  auto task = add_to(list, 1);
  CHECK(list.empty());
  Tasks tasks;
  tasks.spawn(std::move(task));
  CHECK(list == std::vector{1});
  CHECK(tasks.running() == 0);
}

TEST_CASE("task: a task that never started gives back its arguments") {
  auto shared = std::make_shared<int>(1);
  auto never = [](std::shared_ptr<int>) -> Task<> { co_return; };
  {
    auto task = never(shared);
    CHECK(shared.use_count() == 2);
  }
  CHECK(shared.use_count() == 1);
}

TEST_CASE("task: returns numbers, move-only things, results and errors") {
  CHECK(run(number(4)) == 4);
  CHECK(**run(owned(5)) == 5);
  CHECK(run(name_or_error(true))->value() == "name");
  CHECK(run(name_or_error(false))->error().code == "no");
  CHECK(run(check(true))->has_value());
  CHECK(run(check(false))->error().kind == Kind::denied);
}

TEST_CASE("task: moving and assigning tasks keeps one owner") {
  int frames = 0;
  std::optional<int> got;
  auto [answer, waiting] = one_shot<int>();
  auto [answer2, waiting2] = one_shot<int>();
  auto first = wait_for(std::move(waiting), got, frames);
  auto second = wait_for(std::move(waiting2), got, frames);
  first = std::move(second);
  Tasks tasks;
  tasks.spawn(std::move(first));
  CHECK(frames == 1);
  answer(1);
  CHECK_FALSE(got);
  answer2(2);
  CHECK(got == 2);
  CHECK(frames == 0);
}

TEST_CASE("task: temporaries of an await live as long as the await") {
  auto length = [](std::string text, const std::string& other) -> Task<std::size_t> {
    co_return text.size() + other.size();
  };
  auto body = [](auto& length, std::size_t& sum) -> Task<> {
    std::string named(100, 'x');
    sum += co_await length(std::string(100, 'y'), named + "z");
    sum += co_await length("a literal that is longer than a small string", named);
  };
  std::size_t sum = 0;
  Tasks tasks;
  tasks.spawn(body(length, sum));
  CHECK(sum == 201 + 144);
}

TEST_CASE("task: a chain of tasks that complete at once runs on a constant stack") {
  StackMeter meter;
  meter.measure();
  CHECK(run(deep(1, meter)) == 2);
  const auto shallow = meter.deepest;
  CHECK(run(deep(100'000, meter)) == 100'001);
  CHECK(meter.deepest <= shallow + 1024);
}

TEST_CASE("task: a chain of waiting tasks unwinds on a constant stack") {
  constexpr int depth = 100'000;
  auto [answer, waiting] = one_shot<int>();
  std::optional<int> got;
  Tasks tasks;
  tasks.spawn(store(deep_after(depth, std::move(waiting)), got));
  CHECK_FALSE(got);
  answer(1);
  CHECK(got == depth + 1);
}

TEST_CASE("task: a loop over tasks that are done at once runs on a constant stack, also after a wait") {
  auto loop = [](OneShot<int> waiting, StackMeter& meter, int& sum) -> Task<> {
    for (int i = 0; i < 100'000; ++i) sum += co_await number(1);
    meter.measure();
    co_await std::move(waiting);
    meter.base = nullptr;
    for (int i = 0; i < 100'000; ++i) {
      sum += co_await number(1);
      meter.measure();
    }
  };
  StackMeter meter;
  int sum = 0;
  auto [answer, waiting] = one_shot<int>();
  Tasks tasks;
  tasks.spawn(loop(std::move(waiting), meter, sum));
  CHECK(sum == 100'000);
  answer(0);
  CHECK(sum == 200'000);
  CHECK(tasks.running() == 0);
  CHECK(meter.deepest < 4096);
}

TEST_CASE("task: an awaiter of the user's own may resume at once, later, or not suspend") {
  struct Inline {
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> h) { h.resume(); }
    void await_resume() {}
  };
  struct Declines {
    bool await_ready() { return false; }
    bool await_suspend(std::coroutine_handle<>) { return false; }
    void await_resume() {}
  };
  struct Later {
    std::coroutine_handle<>& to;
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> h) { to = h; }
    void await_resume() {}
  };
  std::coroutine_handle<> later;
  std::vector<int> steps;
  auto body = [&](auto&) -> Task<> {
    Inline at_once;
    Declines declines;
    Later when_told{later};
    co_await at_once;
    steps.push_back(co_await number(1));
    co_await declines;
    steps.push_back(co_await number(2));
    co_await when_told;
    steps.push_back(co_await number(3));
    co_await at_once;
    steps.push_back(co_await number(4));
  };
  Tasks tasks;
  tasks.spawn(body(steps));
  CHECK(steps == std::vector{1, 2});
  later.resume();
  CHECK(steps == std::vector{1, 2, 3, 4});
  CHECK(tasks.running() == 0);
}

TEST_CASE("task: two tasks that wake each other keep their own places") {
  auto [answer, waiting] = one_shot<int>();
  auto [answer2, waiting2] = one_shot<int>();
  std::vector<std::string> steps;
  auto sleeper = [](OneShot<int> waiting, OneShot<int>::Answer next, auto& steps) -> Task<> {
    auto n = co_await std::move(waiting);
    steps.push_back("sleeper " + std::to_string(*n + co_await number(10)));
    next(2);
    steps.push_back("sleeper " + std::to_string(co_await number(11)));
  };
  auto waker = [](OneShot<int>::Answer answer, OneShot<int> back, auto& steps) -> Task<> {
    steps.push_back("waker " + std::to_string(co_await number(20)));
    answer(1);
    steps.push_back("waker " + std::to_string(co_await number(21)));
    auto n = co_await std::move(back);
    steps.push_back("waker " + std::to_string(*n));
  };
  Tasks tasks;
  tasks.spawn(sleeper(std::move(waiting), std::move(answer2), steps));
  tasks.spawn(waker(std::move(answer), std::move(waiting2), steps));
  CHECK(steps == std::vector<std::string>{"waker 20", "sleeper 11", "sleeper 11", "waker 21", "waker 2"});
  CHECK(tasks.running() == 0);
}

TEST_CASE("tasks: count those that wait, and destroy them and all below") {
  int frames = 0;
  std::optional<int> got;
  auto [answer, waiting] = one_shot<int>();
  {
    Tasks tasks;
    tasks.spawn(wait_below(std::move(waiting), got, frames));
    CHECK(tasks.running() == 1);
    CHECK(frames == 2);
  }
  CHECK(frames == 0);
  answer(3);
  CHECK_FALSE(got);
}

TEST_CASE("tasks: end in any order, and a spawned task may spawn") {
  int frames = 0;
  std::optional<int> got;
  Tasks tasks;
  std::vector<OneShot<int>::Answer> answers;
  auto spawner = [&](int) -> Task<> {
    for (int i = 0; i < 3; ++i) {
      auto [answer, waiting] = one_shot<int>();
      answers.push_back(std::move(answer));
      tasks.spawn(wait_for(std::move(waiting), got, frames));
    }
    co_return;
  };
  tasks.spawn(spawner(0));
  CHECK(tasks.running() == 3);
  answers[1](1);
  CHECK(tasks.running() == 2);
  answers[0](0);
  answers[2](2);
  CHECK(got == 2);
  CHECK(tasks.running() == 0);
  CHECK(frames == 0);
}

TEST_CASE("tasks: what a task destroys on its end may wake another of the same tasks") {
  int frames = 0;
  std::optional<int> got = 7;
  auto holder = [](OneShot<int> waiting, OneShot<int>::Answer dropped) -> Task<> {
    auto kept = std::move(dropped);
    co_await std::move(waiting);
  };
  auto [answer, waiting] = one_shot<int>();
  auto [answer2, waiting2] = one_shot<int>();
  {
    Tasks tasks;
    tasks.spawn(wait_for(std::move(waiting2), got, frames));
    tasks.spawn(holder(std::move(waiting), std::move(answer2)));
  }
  CHECK(frames == 0);
  CHECK_FALSE(got);
}

TEST_CASE("one shot: an answer before the await is kept") {
  auto [answer, waiting] = one_shot<int>();
  answer(1);
  CHECK_FALSE(answer);
  answer(2);
  std::optional<int> got;
  int frames = 0;
  Tasks tasks;
  tasks.spawn(wait_for(std::move(waiting), got, frames));
  CHECK(got == 1);
}

TEST_CASE("one shot: dropping the answerer answers nothing, before and during the await") {
  std::optional<int> got = 1;
  int frames = 0;
  Tasks tasks;
  { tasks.spawn(wait_for(one_shot<int>().waiting, got, frames)); }
  CHECK_FALSE(got);
  got = 1;
  {
    auto [answer, waiting] = one_shot<int>();
    tasks.spawn(wait_for(std::move(waiting), got, frames));
    CHECK(got == 1);
  }
  CHECK_FALSE(got);
  CHECK(tasks.running() == 0);
}

TEST_CASE("one shot: assigning an answerer drops the one before") {
  std::optional<int> got = 1;
  int frames = 0;
  Tasks tasks;
  auto [answer, waiting] = one_shot<int>();
  tasks.spawn(wait_for(std::move(waiting), got, frames));
  answer = one_shot<int>().answer;
  CHECK_FALSE(got);
}

TEST_CASE("one shot: the answer may destroy its answerer and move-only things pass") {
  auto pair = one_shot<std::unique_ptr<int>>();
  auto holder = std::make_unique<OneShot<std::unique_ptr<int>>::Answer>(std::move(pair.answer));
  auto body = [](auto waiting, auto& holder, int& got) -> Task<> {
    auto answer = co_await std::move(waiting);
    holder.reset();
    got = **answer;
  };
  int got = 0;
  Tasks tasks;
  tasks.spawn(body(std::move(pair.waiting), holder, got));
  (*holder)(std::make_unique<int>(9));
  CHECK(got == 9);
  CHECK_FALSE(holder);
}

TEST_CASE("sleep: lasts as long as asked and gives the loop back") {
  auto loop = *Loop::create();
  bool done = false;
  auto body = [](Loop& loop, bool& done) -> Task<> {
    co_await sleep_for(loop, 1);
    co_await sleep_for(loop, 0);
    done = true;
    loop.stop();
  };
  Tasks tasks;
  tasks.spawn(body(*loop, done));
  CHECK_FALSE(done);
  CHECK(loop->run());
  CHECK(done);
}

TEST_CASE("sleep: a sleeper may be destroyed before and after its loop") {
  auto loop = *Loop::create();
  Tasks tasks;
  {
    Tasks earlier;
    earlier.spawn(sleep_for(*loop, 1'000'000));
  }
  tasks.spawn(sleep_for(*loop, 1'000'000));
  loop.reset();
  CHECK(tasks.running() == 1);
}

#if __cpp_exceptions
TEST_CASE("task: what is thrown in a task is thrown where it is awaited") {
  auto throws = [](bool later, OneShot<int> waiting) -> Task<int> {
    if (later) co_await std::move(waiting);
    throw std::string("thrown");
  };
  auto body = [](auto task, std::string& caught) -> Task<> {
    try {
      co_await std::move(task);
    } catch (const std::string& text) {
      caught = text;
    }
  };
  for (bool later : {false, true}) {
    std::string caught;
    auto [answer, waiting] = one_shot<int>();
    Tasks tasks;
    tasks.spawn(body(throws(later, std::move(waiting)), caught));
    answer(1);
    CHECK(caught == "thrown");
  }
}
#endif
