// What crosses the face, to and from JavaScriptCore's values.
#pragma once

#include <JavaScriptCore/JavaScript.h>

#include <array>
#include <span>
#include <vector>

#include "mullion/script/engine.hpp"

namespace mullion::script::jsc {

struct World;

enum class Bytes : std::uint8_t { view, copy };  // of a typed array that arrives

JSValueRef to_value(World& world, Scalar&& scalar);
Scalar to_scalar(World& world, JSValueRef value, Bytes bytes);

// The arguments of a call, kept alive while it is put together: the collector sees the stack, not the heap.
class Arguments {
 public:
  Arguments(World& world, std::size_t count);
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;
  ~Arguments();
  void add(JSValueRef value);
  void add(std::span<Scalar> scalars);
  const JSValueRef* data() const { return many_.empty() ? few_.data() : many_.data(); }
  std::size_t size() const { return size_; }

 private:
  World& world_;
  std::size_t size_ = 0;
  std::array<JSValueRef, 16> few_{};
  std::vector<JSValueRef> many_;  // used instead when there are more; protected one by one
};

}  // namespace mullion::script::jsc
