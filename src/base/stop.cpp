#include "mullion/base/stop.hpp"

#include <utility>

namespace mullion {
namespace {

using Action = std::move_only_function<void()>;

// Runs on the thread that asks to stop.
struct PostToLoop {
  Poster loop;
  std::weak_ptr<Action> f;

  void operator()() const {
    [[maybe_unused]] auto posted = loop.post([f = f] {
      if (auto alive = f.lock()) std::exchange(*alive, Action{})();
    });
  }
};

}  // namespace

struct StopWatch::State {
  std::shared_ptr<Action> f;
  std::stop_callback<PostToLoop> on_stop;

  State(Loop& loop, std::stop_token token, std::shared_ptr<Action> action)
      : f(std::move(action)), on_stop(std::move(token), PostToLoop{loop.poster(), f}) {}
};

StopWatch::StopWatch(Loop& loop, std::stop_token token, std::move_only_function<void()> f)
    : state_(std::make_unique<State>(loop, std::move(token), std::make_shared<Action>(std::move(f)))) {}
StopWatch::StopWatch(StopWatch&&) noexcept = default;
StopWatch& StopWatch::operator=(StopWatch&&) noexcept = default;
StopWatch::~StopWatch() = default;

}  // namespace mullion
