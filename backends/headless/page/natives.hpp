// What the platform's scripts ask of native code: the names after `host.` in platform/*.js.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "headless/page/world.hpp"

namespace mullion::headless {

// Pairs of a name and a function or value, as platform/head.js takes them.
class NativeList {
 public:
  explicit NativeList(script::Context& context) : context_(context) {}

  template <class F>
  void add(std::string_view name, F native) {
    auto made = context_.make_native(name, std::move(native));
    if (!made) {
      if (!failed_) failed_ = made.error();
      return;
    }
    values_.emplace_back(name);
    values_.emplace_back(std::move(*made));
  }
  void add_value(std::string_view name, script::Scalar value) {
    values_.emplace_back(name);
    values_.push_back(std::move(value));
  }
  Result<std::span<script::Scalar>> values() {
    if (failed_) return std::unexpected(*failed_);
    return std::span(values_);
  }

 private:
  script::Context& context_;
  std::vector<script::Scalar> values_;
  std::optional<Error> failed_;
};

// A number as an int, or `otherwise` where it does not fit: a page can put anything into an Error's line.
inline int to_int(const script::Scalar& value, int least, int most, int otherwise) {
  double number = value.number(otherwise);
  return number >= least && number <= most ? static_cast<int>(number) : otherwise;
}

// Those that need nothing but their arguments: URLs, encodings, random bytes.
void add_pure_natives(NativeList& list);

}  // namespace mullion::headless
