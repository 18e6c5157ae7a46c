#include "cef/v8/engine.hpp"

#include <sys/random.h>

#include <cstdint>
#include <mutex>

#include "include/cef_task.h"

namespace mullion::cef::v8 {

// Shared with the tasks that wait in Chromium's queue: they do nothing once the engine is gone.
struct V8Engine::Poster {
  std::mutex mutex;
  bool open = true;
  CefRefPtr<CefTaskRunner> runner;

  bool is_open() {
    std::lock_guard lock(mutex);
    return open;
  }
  void close() {
    std::lock_guard lock(mutex);
    open = false;
    runner = nullptr;
  }
};

namespace {

template <class Poster>
class Task final : public CefTask {
 public:
  Task(std::shared_ptr<Poster> poster, std::move_only_function<void()> run)
      : poster_(std::move(poster)), run_(std::move(run)) {}
  void Execute() override {
    if (poster_->is_open()) std::exchange(run_, {})();
  }

 private:
  std::shared_ptr<Poster> poster_;
  std::move_only_function<void()> run_;
  IMPLEMENT_REFCOUNTING(Task);
};

std::string fresh_name() {
  std::uint64_t numbers[2] = {};
  while (getrandom(numbers, sizeof numbers, 0) != sizeof numbers) {
  }
  return "mullion" + std::to_string(numbers[0]) + std::to_string(numbers[1]);
}

Error gone() { return {.kind = Kind::disconnected, .code = "released", .message = "the script engine has ended"}; }

}  // namespace

std::unique_ptr<V8Engine> V8Engine::create() {
  auto poster = std::make_shared<Poster>();
  poster->runner = CefTaskRunner::GetForThread(TID_RENDERER);
  return std::unique_ptr<V8Engine>(new V8Engine(std::move(poster)));
}

V8Engine::V8Engine(std::shared_ptr<Poster> poster) : poster_(std::move(poster)), tell_name_(fresh_name()) {}
V8Engine::~V8Engine() { poster_->close(); }

Result<std::unique_ptr<script::Context>> V8Engine::adopt(CefRefPtr<CefV8Context> context) {
  auto world = World::create(std::move(context), tell_name_);
  if (!world) return std::unexpected(std::move(world).error());
  std::erase_if(worlds_, [](const auto& other) { return other.expired(); });
  worlds_.push_back(*world);
  return std::make_unique<V8Context>(*this, std::move(*world));
}

Result<std::unique_ptr<script::Context>> V8Engine::create_context(std::string_view) {
  return std::unexpected(Error{
      .kind = Kind::unimplemented, .code = "context", .message = "Chromium's pages make their contexts themselves"});
}

Result<> V8Engine::post(std::move_only_function<void()> task) {
  std::lock_guard lock(poster_->mutex);
  if (!poster_->open || !poster_->runner) return std::unexpected(gone());
  if (!poster_->runner->PostTask(new Task<Poster>(poster_, std::move(task)))) return std::unexpected(gone());
  return {};
}

void V8Engine::collect_garbage() {
  for (const auto& weak : worlds_)
    if (auto world = weak.lock(); world && !world->released()) return (void)world->ask(world->prelude().collect, {});
}

}  // namespace mullion::cef::v8
