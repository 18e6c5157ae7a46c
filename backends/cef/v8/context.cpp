#include "cef/v8/context.hpp"

#include "cef/v8/evaluation.hpp"
#include "cef/v8/record.hpp"
#include "script/exception.hpp"

namespace mullion::cef::v8 {
namespace {

CefRefPtr<CefV8Value> text_value(std::string_view text) { return CefV8Value::CreateString(to_cef(text)); }

// What was thrown, as far as CEF's sentence says: an error of that name, or the text.
CefRefPtr<CefV8Value> retell(World& world, const Exception& exception) {
  auto message = text_value(exception.message);
  if (exception.name.empty()) return message;
  auto error = world.ask(world.prelude().retell, {text_value(exception.name), message, text_value(exception.stack)});
  return error ? error : message;
}

// What an evaluated script threw, in the columns of its own first line.
Error placed(World& world, const Result<Scalar>& thrown, const Evaluation& done, std::string_view url, int line) {
  Exception& exception = world.exception();
  if (exception.url != url || exception.line != line || exception.column <= done.prefix) return thrown.error();
  exception.column -= done.prefix;
  return script::to_error(exception);
}

}  // namespace

Result<Scalar> V8Context::evaluate(std::string_view source, std::string_view url, int line) {
  if (!world_->alive()) return std::unexpected(script::released());
  const std::shared_ptr<World> world = world_;  // the script may end this context
  Entered entered(world->context());
  const Evaluation done = v8::evaluate(*world, source, url, line);
  if (!world->alive()) return std::unexpected(script::released());
  if (done.told && done.ok) return world->invoke(world->prelude().answer_ended);
  if (done.told)
    return std::unexpected(placed(*world, world->invoke(world->prelude().answer_ended_thrown), done, url, line));
  if (done.ok) return world->invoke(world->prelude().answer, {done.value});
  world->exception() = done.exception;
  return std::unexpected(script::to_error(done.exception));
}

Result<Scalar> V8Context::evaluate_into(Function& sink, std::string_view source, std::string_view url, int line,
                                        std::span<Scalar> more) {
  auto& kept = static_cast<Kept&>(sink);
  if (!kept.value() || !world_->alive()) return std::unexpected(script::released());
  if (kept.world() != world_) return std::unexpected(script::foreign());
  const std::shared_ptr<World> world = world_;  // the script may end this context
  Entered entered(world->context());
  const Evaluation done = v8::evaluate(*world, source, url, line);
  if (!world->alive()) return std::unexpected(script::released());
  auto ok = CefV8Value::CreateBool(done.ok);
  if (done.told) return world->invoke(world->prelude().hand_ended, {kept.value(), ok}, more);
  return world->invoke(world->prelude().hand, {kept.value(), ok, done.ok ? done.value : retell(*world, done.exception)},
                       more);
}

Result<Scalar> V8Context::call_with(Function& function, std::span<Scalar> arguments) {
  auto& kept = static_cast<Kept&>(function);
  if (!kept.value() || world_->released()) return std::unexpected(script::released());
  if (kept.world() != world_) return std::unexpected(script::foreign());
  return world_->invoke(world_->prelude().call, {kept.value()}, arguments);
}

Result<std::unique_ptr<Function>> V8Context::make_native(std::string_view name, Native native) {
  if (!world_->alive()) return std::unexpected(script::released());
  auto function = world_->make_function(name, std::move(native));
  if (!function) return std::unexpected(std::move(function).error());
  return std::make_unique<Kept>(world_, std::move(*function));
}

void V8Context::do_enter(void (*run)(void*), void* data) {
  if (!world_->alive()) return run(data);
  Entered entered(world_->context());
  run(data);
}

}  // namespace mullion::cef::v8
