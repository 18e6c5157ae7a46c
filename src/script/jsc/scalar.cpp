#include "script/jsc/scalar.hpp"

#include "script/jsc/string.hpp"
#include "script/jsc/world.hpp"

namespace mullion::script::jsc {
namespace {

constexpr JSTypedArrayType uint8 = kJSTypedArrayTypeUint8Array;

JSObjectRef lend(JSContextRef context, std::span<const std::byte> bytes) {
  auto* data = const_cast<std::byte*>(bytes.data());
  return JSObjectMakeTypedArrayWithBytesNoCopy(context, uint8, data, bytes.size(), nullptr, nullptr, nullptr);
}

JSObjectRef adopt(JSContextRef context, std::vector<std::byte>&& bytes) {
  auto* owned = new std::vector(std::move(bytes));
  auto free = [](void*, void* vector) { delete static_cast<std::vector<std::byte>*>(vector); };
  return JSObjectMakeTypedArrayWithBytesNoCopy(context, uint8, owned->data(), owned->size(), free, owned, nullptr);
}

JSObjectRef from_bytes(JSContextRef context, Scalar&& scalar) {
  if (scalar.bytes().empty()) return JSObjectMakeTypedArray(context, uint8, 0, nullptr);
  return scalar.lent() ? lend(context, scalar.bytes()) : adopt(context, scalar.take_bytes());
}

JSValueRef function_value(JSContextRef context, Function* function) {
  JSObjectRef object = function ? static_cast<Kept*>(function)->object() : nullptr;
  return object ? object : JSValueMakeUndefined(context);
}

Scalar from_bytes(const void* data, std::size_t size, Bytes bytes) {
  std::span view(static_cast<const std::byte*>(data), size);
  return bytes == Bytes::view ? Scalar(view) : Scalar(std::vector(view.begin(), view.end()));
}

Scalar from_typed_array(JSContextRef context, JSObjectRef object, Bytes bytes) {
  auto* base = static_cast<const std::byte*>(JSObjectGetTypedArrayBytesPtr(context, object, nullptr));
  std::size_t offset = JSObjectGetTypedArrayByteOffset(context, object, nullptr);
  return from_bytes(base ? base + offset : base, JSObjectGetTypedArrayByteLength(context, object, nullptr), bytes);
}

Scalar from_object(World& world, JSValueRef value, Bytes bytes) {
  JSContextRef context = world.context;
  JSObjectRef object = JSValueToObject(context, value, nullptr);
  JSTypedArrayType type = JSValueGetTypedArrayType(context, value, nullptr);
  if (type == kJSTypedArrayTypeArrayBuffer)
    return from_bytes(JSObjectGetArrayBufferBytesPtr(context, object, nullptr),
                      JSObjectGetArrayBufferByteLength(context, object, nullptr), bytes);
  if (type != kJSTypedArrayTypeNone) return from_typed_array(context, object, bytes);
  if (JSObjectIsFunction(context, object)) return Scalar(std::make_unique<Kept>(world.shared_from_this(), object));
  return {};
}

}  // namespace

JSValueRef to_value(World& world, Scalar&& scalar) {
  JSContextRef context = world.context;
  switch (scalar.type()) {
    case Scalar::Type::none: return JSValueMakeUndefined(context);
    case Scalar::Type::boolean: return JSValueMakeBoolean(context, bool(scalar));
    case Scalar::Type::number: return JSValueMakeNumber(context, scalar.number());
    case Scalar::Type::string: return JSValueMakeString(context, String(scalar.text()).get());
    case Scalar::Type::bytes: return from_bytes(context, std::move(scalar));
    case Scalar::Type::function: return function_value(context, scalar.function());
  }
  return JSValueMakeUndefined(context);
}

Arguments::Arguments(World& world, std::size_t count) : world_(world) {
  if (count > few_.size()) many_.reserve(count);
}

Arguments::~Arguments() {
  for (JSValueRef value : many_) JSValueUnprotect(world_.context, value);
}

void Arguments::add(JSValueRef value) {
  if (many_.capacity() == 0) {
    few_[size_++] = value;
    return;
  }
  JSValueProtect(world_.context, value);
  many_.push_back(value);
  ++size_;
}

void Arguments::add(std::span<Scalar> scalars) {
  for (Scalar& scalar : scalars) add(to_value(world_, std::move(scalar)));
}

Scalar to_scalar(World& world, JSValueRef value, Bytes bytes) {
  JSContextRef context = world.context;
  switch (JSValueGetType(context, value)) {
    case kJSTypeBoolean: return Scalar(JSValueToBoolean(context, value));
    case kJSTypeNumber: return Scalar(JSValueToNumber(context, value, nullptr));
    case kJSTypeString: return Scalar(to_text(context, value));
    case kJSTypeObject: return from_object(world, value, bytes);
    default: return {};
  }
}

}  // namespace mullion::script::jsc
