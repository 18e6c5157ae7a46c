#include "v8_harness.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "harness.hpp"
#include "include/base/cef_callback.h"
#include "include/cef_task.h"
#include "include/wrapper/cef_closure_task.h"

namespace mullion::cef::v8_test {
namespace {

Runner* running = nullptr;

CefRefPtr<CefV8Value> eval(CefRefPtr<CefV8Context> context, const char* source) {
  CefRefPtr<CefV8Value> value;
  CefRefPtr<CefV8Exception> exception;
  context->Eval(source, "mullion:test", 1, value, exception);
  return value;
}

class Task final : public CefTask {
 public:
  explicit Task(std::function<void()> run) : run_(std::move(run)) {}
  void Execute() override { run_(); }

 private:
  std::function<void()> run_;
  IMPLEMENT_REFCOUNTING(Task);
};

std::string& kept_file() {
  static std::string text;
  return text;
}

int run_tests() {
  std::vector<std::string> words{"v8_test"};
  const char* given = std::getenv("MULLION_V8_TEST_ARGUMENTS");
  std::istringstream lines(given ? given : "");
  for (std::string line; std::getline(lines, line);) words.push_back(line);
  std::vector<const char*> arguments;
  for (const auto& word : words) arguments.push_back(word.c_str());
  return doctest::Context(static_cast<int>(arguments.size()), arguments.data()).run();
}

}  // namespace

void Baton::give(Holder holder) {
  holder_ = holder;
  changed_.notify_all();
}

void Baton::wait(std::unique_lock<std::mutex>& lock, Holder holder) {
  changed_.wait(lock, [&] { return holder_ == holder; });
}

void Baton::on_script_thread(std::function<void()> f) {
  if (std::this_thread::get_id() == script_thread_) return f();
  std::unique_lock lock(mutex_);
  request_ = &f;
  give(Holder::script);
  wait(lock, Holder::tests);
}

void Baton::let_turn() {
  std::unique_lock lock(mutex_);
  give(Holder::script);
  wait(lock, Holder::tests);
}

bool Baton::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (ended_) return false;
    give(Holder::tests);
    wait(lock, Holder::script);
    if (!request_) return !ended_;
    auto* request = std::exchange(request_, nullptr);
    lock.unlock();
    (*request)();
    lock.lock();
  }
}

void Baton::end() {
  std::unique_lock lock(mutex_);
  ended_ = true;
  give(Holder::script);
}

void keep_source_file(const char* path) {
  std::ifstream file(path);
  kept_file().assign(std::istreambuf_iterator(file), {});
}
std::string_view source_file() { return kept_file(); }

Runner* Runner::current() { return running; }

Runner::Runner(CefRefPtr<CefV8Context> page) : page_(std::move(page)), engine_(v8::V8Engine::create()) {
  running = this;
}

Runner::~Runner() {
  if (thread_.joinable()) thread_.join();
  running = nullptr;
}

void Runner::start(std::function<void(int)> done) {
  done_ = std::move(done);
  thread_ = std::thread([this] {
    baton_.let_turn();
    code_ = run_tests();
    baton_.end();
  });
  serve();
}

void Runner::serve() {
  if (!baton_.serve()) return std::exchange(done_, nullptr)(code_);
  CefPostDelayedTask(TID_RENDERER, new Task([this] { serve(); }), 1);
}

void Runner::made(CefRefPtr<CefV8Context> context) { made_.push_back(engine_->adopt(std::move(context))); }

Result<std::unique_ptr<script::Context>> Runner::open_world(std::string_view name) {
  if (name == "isolated" && made_.size() == 2) {
    auto isolated = std::move(made_[1]);
    made_.clear();
    return isolated;
  }
  made_.clear();
  page_->Enter();
  eval(page_, "document.body.appendChild(document.createElement('iframe')).contentWindow.length");
  page_->Exit();
  if (made_.empty()) return std::unexpected(Error{.code = "frame", .message = "Chromium made no context"});
  return std::move(made_[0]);
}

void Runner::close_frames() {
  made_.clear();
  eval(page_, "document.body.replaceChildren()");
}

}  // namespace mullion::cef::v8_test

namespace mullion::script {
namespace {

using cef::v8_test::Runner;

template <class F>
auto on_script_thread(F f) {
  using Answer = std::invoke_result_t<F>;
  if constexpr (std::is_void_v<Answer>) {
    Runner::current()->baton().on_script_thread(f);
  } else {
    std::optional<Answer> answer;
    Runner::current()->baton().on_script_thread([&] { answer.emplace(f()); });
    return std::move(*answer);
  }
}

// A context whose calls are made on the script thread.
class Proxy final : public Context {
 public:
  Proxy(Engine& engine, std::unique_ptr<Context> context) : engine_(engine), context_(std::move(context)) {}
  ~Proxy() override {
    on_script_thread([this] { context_.reset(); });
  }

  Engine& engine() override { return engine_; }
  Result<Scalar> evaluate(std::string_view source, std::string_view url, int line) override {
    return on_script_thread([&] { return context_->evaluate(source, url, line); });
  }
  Result<Scalar> evaluate_into(Function& sink, std::string_view source, std::string_view url, int line,
                               std::span<Scalar> more) override {
    return on_script_thread([&] { return context_->evaluate_into(sink, source, url, line, more); });
  }
  Result<Scalar> call_with(Function& function, std::span<Scalar> arguments) override {
    return on_script_thread([&] { return context_->call_with(function, arguments); });
  }
  Result<std::unique_ptr<Function>> make_native(std::string_view name, Native native) override {
    return on_script_thread([&] { return context_->make_native(name, std::move(native)); });
  }
  const Exception& exception() const override { return context_->exception(); }

 protected:
  void do_enter(void (*run)(void*), void* data) override {
    on_script_thread([&] { context_->enter([&] { run(data); }); });
  }

 private:
  Engine& engine_;
  std::unique_ptr<Context> context_;
};

class ProxyEngine final : public Engine {
 public:
  Result<std::unique_ptr<Context>> create_context(std::string_view name) override {
    return on_script_thread([&] { return Runner::current()->engine().create_context(name); });
  }
  Result<> post(std::move_only_function<void()> task) override {
    return Runner::current()->engine().post(std::move(task));
  }
  bool worlds_share_document() const override { return true; }
  void collect_garbage() override {
    on_script_thread([] { Runner::current()->engine().collect_garbage(); });
  }
};

}  // namespace

struct Script::Parts {
  ProxyEngine engine;
};

Script::Script() : parts_(std::make_unique<Parts>()) { engine = &parts_->engine; }
Script::~Script() {
  on_script_thread([] { Runner::current()->close_frames(); });
}

std::unique_ptr<Context> Script::world(std::string_view name) {
  auto context = on_script_thread([&] { return Runner::current()->open_world(name); });
  REQUIRE(context);
  return std::make_unique<Proxy>(*engine, std::move(*context));
}

bool Script::run_until(std::function<bool()> done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    Runner::current()->baton().let_turn();
  }
  return true;
}

std::string read_source(const char*) { return std::string(cef::v8_test::source_file()); }

const bool bare_platform = false;

// Chromium's own way of posting and cloning is taken away, so that it is the kernel's that the tests see.
std::string platform_source() {
  return "delete globalThis.postMessage; delete globalThis.structuredClone; globalThis.uncaught = [];"
         "addEventListener('error', event => { uncaught.push(event.error); event.preventDefault() })";
}

}  // namespace mullion::script
