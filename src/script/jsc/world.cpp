#include "script/jsc/world.hpp"

#include "script/jsc/scalar.hpp"
#include "script/jsc/string.hpp"

namespace mullion::script::jsc {
namespace {

struct Field {
  unsigned index;
  std::string Exception::*text;
};

constexpr Field fields[] = {{0, &Exception::name},  {1, &Exception::message}, {2, &Exception::url},
                            {5, &Exception::stack}, {6, &Exception::code},    {7, &Exception::kind}};

JSValueRef item(JSContextRef context, JSObjectRef array, unsigned index) {
  return JSObjectGetPropertyAtIndex(context, array, index, nullptr);
}

int number_item(JSContextRef context, JSObjectRef array, unsigned index) {
  return static_cast<int>(JSValueToNumber(context, item(context, array, index), nullptr));
}

Exception describe(World& world, JSValueRef thrown) {
  JSValueRef list = JSObjectCallAsFunction(world.context, world.describe, nullptr, 1, &thrown, nullptr);
  Exception exception;
  if (!list || !JSValueIsObject(world.context, list)) return exception;  // the stack is used up
  JSObjectRef array = JSValueToObject(world.context, list, nullptr);
  for (const Field& field : fields)
    exception.*field.text = to_text(world.context, item(world.context, array, field.index));
  exception.line = number_item(world.context, array, 3);
  exception.column = number_item(world.context, array, 4);
  return exception;
}

void sweep(World& world) {
  std::erase_if(world.slots, [](const std::shared_ptr<Slot>& slot) { return slot.use_count() == 1; });
  world.sweep_at = 2 * world.slots.size() + 64;
}

std::shared_ptr<Slot>& slot_of(JSObjectRef function) {
  return *static_cast<std::shared_ptr<Slot>*>(JSObjectGetPrivate(function));
}

Result<Scalar> run(World& world, Slot& slot, std::span<const JSValueRef> values) {
  if (!slot.native) return std::unexpected(released());
  std::vector<Scalar> arguments;
  arguments.reserve(values.size());
  for (JSValueRef value : values) arguments.push_back(to_scalar(world, value, Bytes::view));
  return slot.native(arguments);
}

// Script may call a native after its world was released, through a function that another world still holds.
JSValueRef throw_released(JSContextRef context, JSValueRef* thrown) {
  JSValueRef message = JSValueMakeString(context, String(released().message).get());
  *thrown = JSObjectMakeError(context, 1, &message, nullptr);
  return JSValueMakeUndefined(context);
}

JSValueRef call(JSContextRef context, JSObjectRef function, JSObjectRef, std::size_t count, const JSValueRef values[],
                JSValueRef* thrown) {
  std::shared_ptr<Slot> slot = slot_of(function);
  std::shared_ptr<World> world = slot->world.lock();
  if (!world || !world->context) return throw_released(context, thrown);
  Result<Scalar> result = run(*world, *slot, {values, count});
  if (!world->context) return throw_released(context, thrown);
  if (result) return to_value(*world, std::move(*result));
  *thrown = to_thrown(*world, result.error());
  return JSValueMakeUndefined(context);
}

void finalize(JSObjectRef function) { delete static_cast<std::shared_ptr<Slot>*>(JSObjectGetPrivate(function)); }

// One class for all natives, as JavaScriptCore wants it: made once, never released.
JSClassRef native_class() {
  static JSClassRef made = [] {
    JSClassDefinition definition = kJSClassDefinitionEmpty;
    definition.className = "Function";
    definition.callAsFunction = call;
    definition.finalize = finalize;
    return JSClassCreate(&definition);
  }();
  return made;
}

}  // namespace

Kept::Kept(std::shared_ptr<World> world, JSObjectRef object) : world_(std::move(world)), object_(object) {
  JSValueProtect(world_->context, object_);
  world_->kept.insert(this);
}

Kept::~Kept() {
  if (!object_) return;
  world_->kept.erase(this);
  release();
}

void Kept::release() { JSValueUnprotect(world_->context, std::exchange(object_, nullptr)); }

Error to_error(World& world, JSValueRef thrown) {
  world.exception = describe(world, thrown);
  return script::to_error(world.exception);
}

JSValueRef to_thrown(World& world, const Error& error) {
  Scalar parts[] = {to_string(error.kind), error.code, error.message};
  Arguments arguments(world, std::size(parts));
  arguments.add(parts);
  JSValueRef thrown = nullptr;
  JSValueRef made =
      JSObjectCallAsFunction(world.context, world.make_error, nullptr, arguments.size(), arguments.data(), &thrown);
  return made ? made : thrown;
}

JSObjectRef make_function(World& world, std::string_view name, Native native) {
  if (world.slots.size() >= world.sweep_at) sweep(world);
  auto slot = std::make_shared<Slot>(world.weak_from_this(), std::move(native));
  world.slots.push_back(slot);
  JSObjectRef function = JSObjectMake(world.context, native_class(), new std::shared_ptr<Slot>(std::move(slot)));
  JSValueRef text = JSValueMakeString(world.context, String(name).get());
  JSObjectSetProperty(world.context, function, String("name").get(), text,
                      kJSPropertyAttributeReadOnly | kJSPropertyAttributeDontEnum, nullptr);
  JSObjectSetPrototype(world.context, function, world.function_prototype);  // last: it has a read-only name
  return function;
}

}  // namespace mullion::script::jsc
