#include "cef/v8/stage.hpp"

#include <cstring>

namespace mullion::cef::v8 {
namespace {

constexpr std::size_t control_size = 4 * sizeof(double);
constexpr std::size_t first_size = 16 * 1024;
constexpr std::size_t largest = std::size_t{5} << 30;

// Keeps the memory of an ArrayBuffer for as long as script has it.
class Keep final : public CefV8ArrayBufferReleaseCallback {
 public:
  explicit Keep(std::shared_ptr<void> owner) : owner_(std::move(owner)) {}
  void ReleaseBuffer(void*) override { owner_.reset(); }

 private:
  std::shared_ptr<void> owner_;
  IMPLEMENT_REFCOUNTING(Keep);
};

template <class Value>
std::byte* memory_of(Value& value) {
  if constexpr (version::TellsBufferMemory<Value>)
    return static_cast<std::byte*>(value.GetArrayBufferData());
  else
    return nullptr;
}

template <class Value>
std::size_t size_of(Value& value) {
  if constexpr (version::TellsBufferMemory<Value>)
    return value.GetArrayBufferByteLength();
  else
    return 0;
}

std::size_t rounded(std::size_t size) {
  std::size_t rounded = first_size;
  while (rounded < size) rounded *= 2;
  return rounded;
}

}  // namespace

CefRefPtr<CefV8Value> make_buffer(std::shared_ptr<void> owner, void* data, std::size_t size) {
  return CefV8Value::CreateArrayBuffer(data, size, new Keep(std::move(owner)));
}

CefRefPtr<CefV8Value> Stage::make_control() {
  auto memory = std::make_shared<std::byte[]>(control_size);
  auto buffer = make_buffer(memory, memory.get(), control_size);
  if (buffer) control_ = {nullptr, memory, memory.get(), control_size};
  return buffer;
}

void Stage::adopt_control(const CefRefPtr<CefV8Value>& buffer) {
  if (size_of(*buffer) >= control_size) control_ = {buffer, nullptr, memory_of(*buffer), control_size};
}

std::size_t Stage::count(double number) {
  return number >= 0 && number <= static_cast<double>(largest) ? static_cast<std::size_t>(number) : 0;
}

std::span<std::byte> Stage::at(std::size_t offset, std::size_t size) {
  if (offset > stretch_.size || size > stretch_.size - offset) return {};
  return {stretch_.data + offset, size};
}

double Stage::number_at(std::size_t offset) {
  double number = 0;
  if (auto bytes = at(offset, sizeof number); !bytes.empty()) std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

void Stage::drop() {
  stretch_ = {};
  if (!takes_memory()) control_ = {};
}

CefRefPtr<CefV8Value> Stage::grow(std::size_t size) {
  size = rounded(size);
  control(1) = control(3) = static_cast<double>(size);
  auto memory = std::make_shared<std::byte[]>(size);
  auto buffer = make_buffer(memory, memory.get(), size);
  if (!buffer) return nullptr;
  stretch_ = {buffer, memory, memory.get(), size};
  return buffer;
}

void Stage::adopt(const CefRefPtr<CefV8Value>& buffer) {
  stretch_ = {buffer, nullptr, memory_of(*buffer), size_of(*buffer)};
  if (!stretch_.data) stretch_.size = 0;
}

}  // namespace mullion::cef::v8
