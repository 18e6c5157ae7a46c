#include "cef/thread/ui_thread.hpp"

#include <semaphore>
#include <utility>

#include "cef/app/task.hpp"

namespace mullion::cef {

namespace {

constexpr std::uint64_t look_ms = 2;
constexpr int most_looks = 2500;
constexpr int looks_at_rest = 8;

void on_ui_thread(std::move_only_function<void()> task) { CefPostTask(TID_UI, new Task(std::move(task))); }

}  // namespace

Result<std::unique_ptr<UiThread>> UiThread::create() {
  auto loop = Loop::create();
  if (!loop) return std::unexpected(std::move(loop).error());
  return std::unique_ptr<UiThread>(new UiThread(std::move(*loop)));
}

void UiThread::begin() {
  std::binary_semaphore begun(0);
  on_ui_thread([&] {
    source_ = adapters::GlibSource::attach(*loop_);
    begun.release();
  });
  begun.acquire();
}

void UiThread::post(std::move_only_function<void()> task) const { (void)poster_.post(std::move(task)); }

void UiThread::call(const std::function<void()>& task) const {
  std::binary_semaphore done(0);
  post([&] {
    task();
    done.release();
  });
  done.acquire();
}

// What Chromium has put off for its windows' ends comes in the turns after that.
void UiThread::end(std::function<bool()> may) {
  std::binary_semaphore ended(0);
  auto finish = [&] {
    source_.reset();
    ended.release();
  };
  int looks = 0, at_rest = 0;
  auto look = [&] {
    at_rest = may() ? at_rest + 1 : 0;
    if (at_rest < looks_at_rest && ++looks < most_looks) return;
    look_ = Timer();
    on_ui_thread(finish);
  };
  post([&] { look_ = Timer(*loop_, 0, look, look_ms); });
  ended.acquire();
}

}  // namespace mullion::cef
