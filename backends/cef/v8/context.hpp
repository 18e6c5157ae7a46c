// A CefV8Context as a script::Context.
#pragma once

#include <memory>

#include "cef/v8/world.hpp"

namespace mullion::cef::v8 {

class V8Context final : public script::Context {
 public:
  V8Context(script::Engine& engine, std::shared_ptr<World> world) : engine_(engine), world_(std::move(world)) {}
  ~V8Context() override { world_->release(); }

  script::Engine& engine() override { return engine_; }
  Result<Scalar> evaluate(std::string_view source, std::string_view url, int line) override;
  Result<Scalar> evaluate_into(Function& sink, std::string_view source, std::string_view url, int line,
                               std::span<Scalar> more) override;
  Result<Scalar> call_with(Function& function, std::span<Scalar> arguments) override;
  Result<std::unique_ptr<Function>> make_native(std::string_view name, Native native) override;
  const Exception& exception() const override { return world_->exception(); }
  const std::shared_ptr<World>& world() const { return world_; }

 protected:
  void do_enter(void (*run)(void*), void* data) override;

 private:
  script::Engine& engine_;
  std::shared_ptr<World> world_;
};

}  // namespace mullion::cef::v8
