// The narrow face of a JavaScript engine. Script values never cross it: only numbers, strings, bytes and functions do,
// because that is all that every engine can hand over fast and unchanged (CEF's cannot hand over more). What walks
// values is JavaScript that runs inside the engine: Mullion's kernel (src/script/kernel).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mullion/base/error.hpp"

namespace mullion::script {

// A function of one context that native code keeps: the script's own, or one made by Context::make_native. Dropping it
// lets go of it. It may outlive its context; calling it then answers `disconnected`, code "released". Script thread.
class Function {
 public:
  Function() = default;
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;
  virtual ~Function() = default;
};

// What crosses between script and native code. Built from an lvalue or a view it borrows, built from a temporary it
// owns:
//   context.call(f, 1, "text", std::move(bytes))   // borrowed until call() returns, but for the moved bytes
//   return Scalar(std::move(answer));               // what a Native returns must own
// Strings are UTF-8; lone surrogates of the script's strings arrive as U+FFFD. Bytes are a Uint8Array in script: one
// made for the script alone when handed over (an owned vector without a copy where the engine can), any view or
// ArrayBuffer when taken. Everything else (null, symbols, other objects) arrives as `none`; `none` is undefined.
class Scalar {
 public:
  enum class Type : std::uint8_t { none, boolean, number, string, bytes, function };

  Scalar() = default;
  template <class T>
    requires std::is_arithmetic_v<T>
  Scalar(T value)
      : type_(std::is_same_v<T, bool> ? Type::boolean : Type::number), number_(static_cast<double>(value)) {}
  Scalar(const char* text) : type_(Type::string), view_(text) {}
  Scalar(std::string_view text) : type_(Type::string), view_(text) {}
  Scalar(const std::string& text) : type_(Type::string), view_(text) {}
  Scalar(std::string&& text) : type_(Type::string), owns_(true), text_(std::move(text)) {}
  Scalar(std::span<const std::byte> bytes) : type_(Type::bytes), span_(bytes) {}
  Scalar(const std::vector<std::byte>& bytes) : type_(Type::bytes), span_(bytes) {}
  Scalar(std::vector<std::byte>&& bytes) : type_(Type::bytes), owns_(true), bytes_(std::move(bytes)) {}
  // Script sees the memory itself where the engine can do that, and must not keep it: for the kernel, never for pages.
  static Scalar lend(std::span<const std::byte> bytes) {
    Scalar lent(bytes);
    lent.lent_ = true;
    return lent;
  }
  Scalar(Function& function) : type_(Type::function), borrowed_(&function) {}
  Scalar(std::unique_ptr<Function> function) : type_(Type::function), function_(std::move(function)) {}

  Type type() const { return type_; }
  explicit operator bool() const { return type_ == Type::boolean && number_ != 0; }  // true only for `true`
  double number(double otherwise = 0) const { return type_ == Type::number ? number_ : otherwise; }
  std::string_view text() const { return owns_ ? std::string_view(text_) : view_; }  // "" when it is not a string
  std::span<const std::byte> bytes() const { return owns_ ? std::span<const std::byte>(bytes_) : span_; }
  Function* function() const { return function_ ? function_.get() : borrowed_; }

  bool owns() const { return owns_; }
  bool lent() const { return lent_; }
  std::string take_text() { return owns_ ? std::move(text_) : std::string(view_); }
  std::vector<std::byte> take_bytes() { return owns_ ? std::move(bytes_) : std::vector(span_.begin(), span_.end()); }
  std::unique_ptr<Function> take_function() { return std::move(function_); }  // empty if it was borrowed

 private:
  Type type_ = Type::none;
  bool owns_ = false;  // text_ or bytes_, not the views
  bool lent_ = false;
  double number_ = 0;
  std::string_view view_{};
  std::span<const std::byte> span_{};
  Function* borrowed_ = nullptr;
  std::string text_{};
  std::vector<std::byte> bytes_{};
  std::unique_ptr<Function> function_{};
};

// Native code that script calls. The arguments are valid during the call (functions and owned text may be taken). An
// Error that it returns is thrown in the script as an Error with `code`, `kind` and `message`; where `code` is the name
// of a standard class ("TypeError") it is of that class. C++ exceptions must not leave it.
using Native = std::move_only_function<Result<Scalar>(std::span<Scalar> arguments)>;

// What a script threw, as far as the engine tells: fields it does not know are empty or 0. Lines and columns from 1.
struct Exception {
  std::string name{};     // "TypeError"; empty when no Error was thrown
  std::string message{};  // without the name
  std::string url{};
  std::string stack{};
  std::string code{};  // the thrown error's own `code` and `kind`, if it has them
  std::string kind{};
  int line = 0;
  int column = 0;
};

class Engine;

// One world of one frame: a global object with everything that hangs on it. Destroying it releases it; what the script
// still holds of natives answers `disconnected`. Script thread only.
//
//   auto twice = context.evaluate("(x => 2 * x)", "app:///twice.js");
//   auto six = context.call(*twice->function(), 3);      // number() == 6
//
// When script throws, the answer is Error{kind, code, message}: message "TypeError: x is not a function
// (app:///a.js:3:5)", code the error's own `code` or else its name ("SyntaxError"), kind the error's own `kind` or else
// `failed`; exception() has the parts.
class Context {
 public:
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  virtual ~Context() = default;

  virtual Engine& engine() = 0;

  // Runs a classic script in the global scope, whatever the page's CSP says, and answers its completion value.
  virtual Result<Scalar> evaluate(std::string_view source, std::string_view url, int line) = 0;
  Result<Scalar> evaluate(std::string_view source, std::string_view url) { return evaluate(source, url, 1); }

  // The same for values that cannot cross: calls sink(true, value, ...more) with the completion value, or
  // sink(false, error, ...more) with what was thrown, and answers what the sink returned.
  virtual Result<Scalar> evaluate_into(Function& sink, std::string_view source, std::string_view url, int line,
                                       std::span<Scalar> more) = 0;

  virtual Result<Scalar> call_with(Function& function, std::span<Scalar> arguments) = 0;
  template <class... A>
  Result<Scalar> call(Function& function, A&&... arguments) {
    Scalar list[sizeof...(A) + 1] = {Scalar(std::forward<A>(arguments))..., Scalar()};
    return call_with(function, std::span<Scalar>(list, sizeof...(A)));
  }

  // A function for this context's script. It lives as long as script or the Function holds it; its captures are let go
  // of at the latest with the context.
  virtual Result<std::unique_ptr<Function>> make_native(std::string_view name, Native native) = 0;

  // Runs f inside the context: calls made in it count as nested, so microtasks run when the outermost enter(), call()
  // or evaluate() of the engine is left.
  template <class F>
  void enter(F&& f) {
    do_enter([](void* data) { (*static_cast<std::remove_reference_t<F>*>(data))(); }, std::addressof(f));
  }

  // What the last call that failed in this context threw.
  virtual const Exception& exception() const = 0;

 protected:
  virtual void do_enter(void (*run)(void*), void* data) = 0;
};

// One engine of one script thread. Contexts must end before it. Script thread, but for post().
class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  // A fresh world. `unimplemented` where the engine's pages make their own (CEF); `name` is for diagnostics.
  virtual Result<std::unique_ptr<Context>> create_context(std::string_view name) = 0;
  // Whether the worlds of one frame are on one document and hear its events together, as Chromium's do.
  virtual bool worlds_share_document() const = 0;
  // Any thread: runs the task on the script thread, in order. `disconnected` once the engine is gone.
  virtual Result<> post(std::move_only_function<void()> task) = 0;
  // Collects what can be collected now, as far as the engine can be asked to. For tests and idle time.
  virtual void collect_garbage() = 0;
};

}  // namespace mullion::script
