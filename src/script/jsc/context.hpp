// A world's JSGlobalContext as a script::Context.
#pragma once

#include <JavaScriptCore/JavaScript.h>

#include <memory>

#include "mullion/script/engine.hpp"
#include "script/jsc/scalar.hpp"
#include "script/jsc/world.hpp"

namespace mullion::script::jsc {

class JscContext final : public Context {
 public:
  static Result<std::unique_ptr<Context>> create(Engine& engine, JSContextGroupRef group, std::string_view name);
  ~JscContext() override;

  Engine& engine() override { return engine_; }
  Result<Scalar> evaluate(std::string_view source, std::string_view url, int line) override;
  Result<Scalar> evaluate_into(Function& sink, std::string_view source, std::string_view url, int line,
                               std::span<Scalar> more) override;
  Result<Scalar> call_with(Function& function, std::span<Scalar> arguments) override;
  Result<std::unique_ptr<Function>> make_native(std::string_view name, Native native) override;
  const Exception& exception() const override { return world_->exception; }

 protected:
  void do_enter(void (*run)(void*), void* data) override;

 private:
  struct Entry {
    void (*run)(void*) = nullptr;
    void* data = nullptr;
  };

  JscContext(Engine& engine, JSGlobalContextRef context);
  Result<> prepare();
  JSValueRef evaluate_raw(std::string_view source, std::string_view url, int line, JSValueRef* thrown);
  Result<Scalar> call_raw(JSObjectRef function, const Arguments& arguments);

  Engine& engine_;
  std::shared_ptr<World> world_;
  std::unique_ptr<Function> enter_;
  Entry entry_{};
};

}  // namespace mullion::script::jsc
