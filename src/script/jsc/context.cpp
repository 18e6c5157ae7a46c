#include "script/jsc/context.hpp"

#include "script/embedded.hpp"
#include "script/jsc/string.hpp"

namespace mullion::script::jsc {
namespace {

JSObjectRef keep_item(JSGlobalContextRef context, JSObjectRef list, unsigned index) {
  JSObjectRef object = JSValueToObject(context, JSObjectGetPropertyAtIndex(context, list, index, nullptr), nullptr);
  JSValueProtect(context, object);
  return object;
}

}  // namespace

Result<std::unique_ptr<Context>> JscContext::create(Engine& engine, JSContextGroupRef group, std::string_view name) {
  JSGlobalContextRef made = JSGlobalContextCreateInGroup(group, nullptr);
  if (!made) return std::unexpected(Error{.code = "context", .message = "JavaScriptCore made no context"});
  JSGlobalContextSetName(made, String(name).get());
  std::unique_ptr<JscContext> context(new JscContext(engine, made));
  if (auto prepared = context->prepare(); !prepared) return std::unexpected(prepared.error());
  return context;
}

JscContext::JscContext(Engine& engine, JSGlobalContextRef context)
    : engine_(engine), world_(std::make_shared<World>()) {
  world_->context = context;
}

Result<> JscContext::prepare() {
  JSValueRef thrown = nullptr;
  JSValueRef made = evaluate_raw(embedded::jsc_prelude, "mullion:prelude", 1, &thrown);
  if (!made) return std::unexpected(Error{.code = "prelude", .message = to_text(world_->context, thrown)});
  JSObjectRef list = JSValueToObject(world_->context, made, nullptr);
  world_->make_error = keep_item(world_->context, list, 0);
  world_->describe = keep_item(world_->context, list, 1);
  world_->function_prototype = keep_item(world_->context, list, 2);
  auto enter = make_native("enter", [this](std::span<Scalar>) -> Result<Scalar> {
    Entry entry = std::exchange(entry_, {});
    if (entry.run) entry.run(entry.data);
    return Scalar();
  });
  if (!enter) return std::unexpected(enter.error());
  enter_ = std::move(*enter);
  return {};
}

JscContext::~JscContext() {
  enter_.reset();
  for (Kept* function : world_->kept) function->release();
  world_->kept.clear();
  for (JSObjectRef object : {world_->make_error, world_->describe, world_->function_prototype})
    if (object) JSValueUnprotect(world_->context, object);
  JSGlobalContextRelease(std::exchange(world_->context, nullptr));
  for (auto& slot : std::exchange(world_->slots, {})) slot->native = nullptr;
}

JSValueRef JscContext::evaluate_raw(std::string_view source, std::string_view url, int line, JSValueRef* thrown) {
  return JSEvaluateScript(world_->context, String(source).get(), nullptr, String(url).get(), line, thrown);
}

Result<Scalar> JscContext::evaluate(std::string_view source, std::string_view url, int line) {
  JSValueRef thrown = nullptr;
  JSValueRef value = evaluate_raw(source, url, line, &thrown);
  if (!value) return std::unexpected(to_error(*world_, thrown));
  return to_scalar(*world_, value, Bytes::copy);
}

Result<Scalar> JscContext::evaluate_into(Function& sink, std::string_view source, std::string_view url, int line,
                                         std::span<Scalar> more) {
  Result<Scalar> result;
  enter([&] {
    JSValueRef thrown = nullptr;
    JSValueRef value = evaluate_raw(source, url, line, &thrown);
    Arguments arguments(*world_, 2 + more.size());
    arguments.add(JSValueMakeBoolean(world_->context, value != nullptr));
    arguments.add(value ? value : thrown);
    arguments.add(more);
    result = call_raw(static_cast<Kept&>(sink).object(), arguments);
  });
  return result;
}

Result<Scalar> JscContext::call_with(Function& function, std::span<Scalar> scalars) {
  auto& kept = static_cast<Kept&>(function);
  if (!kept.object()) return std::unexpected(released());
  if (kept.world() != world_) return std::unexpected(foreign());
  Arguments arguments(*world_, scalars.size());
  arguments.add(scalars);
  return call_raw(kept.object(), arguments);
}

Result<Scalar> JscContext::call_raw(JSObjectRef function, const Arguments& arguments) {
  JSValueRef thrown = nullptr;
  JSValueRef value =
      JSObjectCallAsFunction(world_->context, function, nullptr, arguments.size(), arguments.data(), &thrown);
  if (!value) return std::unexpected(to_error(*world_, thrown));
  return to_scalar(*world_, value, Bytes::copy);
}

Result<std::unique_ptr<Function>> JscContext::make_native(std::string_view name, Native native) {
  return std::make_unique<Kept>(world_, make_function(*world_, name, std::move(native)));
}

void JscContext::do_enter(void (*run)(void*), void* data) {
  entry_ = {run, data};
  JSObjectCallAsFunction(world_->context, static_cast<Kept&>(*enter_).object(), nullptr, 0, nullptr, nullptr);
}

}  // namespace mullion::script::jsc
