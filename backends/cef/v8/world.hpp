// One V8 context while it lives: what a Context, its functions and its natives share.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cef/v8/stage.hpp"
#include "cef/version.hpp"
#include "mullion/script/engine.hpp"

namespace mullion::cef::v8 {

using script::Exception;
using script::Function;
using script::Native;
using script::Scalar;

class Kept;

// The prelude's functions.
struct Prelude {
  CefRefPtr<CefV8Value> boot, begin, end, answer, answer_ended, answer_ended_thrown, hand, hand_ended, retell, grow,
      call, make_native, collect;
};

class World : public std::enable_shared_from_this<World> {
 public:
  // A context that was just made: nothing of the page has run in it.
  // `tell_name` is what evaluations use; the same for all, so that V8 knows a script again that it has compiled.
  static Result<std::shared_ptr<World>> create(CefRefPtr<CefV8Context> context, std::string tell_name);
  void release();  // nothing of V8's is held after it

  bool released() const { return !context_; }
  bool alive() const { return context_ && context_->IsValid(); }  // false too when its frame is gone
  const CefRefPtr<CefV8Context>& context() const { return context_; }
  const Prelude& prelude() const { return prelude_; }
  const std::string& tell_name() const { return tell_name_; }
  Exception& exception() { return exception_; }
  std::unordered_set<Kept*>& kept() { return kept_; }

  // Calls a function of the prelude with CEF's values, then a record of scalars; answers what it answers.
  Result<Scalar> invoke(const CefRefPtr<CefV8Value>& function, CefV8ValueList values, std::span<Scalar> scalars);
  Result<Scalar> invoke(const CefRefPtr<CefV8Value>& function, CefV8ValueList values = {});
  // The same for what answers with no record.
  CefRefPtr<CefV8Value> ask(const CefRefPtr<CefV8Value>& function, const CefV8ValueList& values);
  Result<CefRefPtr<CefV8Value>> make_function(std::string_view name, Native native);
  int state();  // of the evaluation that `end` ended

  // Script calls native code.
  void called(const CefV8ValueList& values, CefRefPtr<CefV8Value>& answer);

 private:
  Result<> boot();
  Result<CefRefPtr<CefV8Value>> evaluate_prelude();
  CefRefPtr<CefV8Value> run_native(int number, const CefV8ValueList& values);
  void answer_with(Result<Scalar> result, CefRefPtr<CefV8Value>& answer);
  Error thrown_by(const CefRefPtr<CefV8Value>& function);

  CefRefPtr<CefV8Context> context_;
  std::string tell_name_;
  Stage stage_;
  Prelude prelude_;
  Exception exception_;
  std::unordered_set<Kept*> kept_;
  std::unordered_map<int, std::shared_ptr<Native>> natives_;
  int last_native_ = 0;
};

// Inside a context while it lives: values can be made, and microtasks wait until the outermost one is left.
class Entered {
 public:
  explicit Entered(CefRefPtr<CefV8Context> context) : context_(std::move(context)) { entered_ = context_->Enter(); }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;
  ~Entered() {
    if (entered_) context_->Exit();
  }

 private:
  CefRefPtr<CefV8Context> context_;
  bool entered_;
};

// A function that native code keeps.
class Kept final : public Function {
 public:
  Kept(std::shared_ptr<World> world, CefRefPtr<CefV8Value> value);
  ~Kept() override;
  void release() { value_ = nullptr; }  // its world ends
  const CefRefPtr<CefV8Value>& value() const { return value_; }
  const std::shared_ptr<World>& world() const { return world_; }

 private:
  std::shared_ptr<World> world_;
  CefRefPtr<CefV8Value> value_;
};

}  // namespace mullion::cef::v8
