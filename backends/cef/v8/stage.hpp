// The memory that native code and one context's prelude write to in turns; prelude.js says how.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "cef/version.hpp"

namespace mullion::cef::v8 {

// An item of a record. The numbers are prelude.js's.
enum class Type : int { none, boolean, number, text, bytes, lent, carried, thrown, released };

// In the place of a native's number.
inline constexpr int grow_call = -1;
inline constexpr int adopt_call = -2;
inline constexpr int drop_call = -3;

// One stretch of memory that script sees as an ArrayBuffer. `memory` is empty where V8 owns it.
struct Stretch {
  CefRefPtr<CefV8Value> buffer;
  std::shared_ptr<std::byte[]> memory;
  std::byte* data = nullptr;
  std::size_t size = 0;
};

// An ArrayBuffer over memory of ours, which it keeps; empty where this CEF's V8 takes none. In a context.
CefRefPtr<CefV8Value> make_buffer(std::shared_ptr<void> owner, void* data, std::size_t size);

class Stage {
 public:
  // What script is to have as its control, in a context. Empty where script must make it, and hand it over first.
  CefRefPtr<CefV8Value> make_control();
  void adopt_control(const CefRefPtr<CefV8Value>& buffer);
  bool ready() const { return control_.data != nullptr; }
  // Whether V8 takes memory of ours: it does not where it lives in a sandbox of its own.
  bool takes_memory() const { return control_.memory != nullptr; }

  double& control(int index) { return reinterpret_cast<double*>(control_.data)[index]; }
  std::size_t free() { return count(control(0)); }
  void set_free(std::size_t offset) { control(0) = static_cast<double>(offset); }

  const Stretch& stretch() const { return stretch_; }
  std::span<std::byte> at(std::size_t offset, std::size_t size);  // empty where it would not fit
  double number_at(std::size_t offset);                           // 0 there

  // Script's `grow`: the value to answer. It is undefined where script must make the buffer, and hand it to adopt().
  CefRefPtr<CefV8Value> grow(std::size_t size);
  void adopt(const CefRefPtr<CefV8Value>& buffer);
  void drop();  // the world has ended; what is left is a control of ours, if it is

  static std::size_t count(double number);  // 0 for what is none

 private:
  Stretch control_;
  Stretch stretch_;
};

inline constexpr std::size_t aligned(std::size_t offset) { return (offset + 7) & ~std::size_t{7}; }

}  // namespace mullion::cef::v8
