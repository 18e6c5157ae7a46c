// The kinds of a Loop of our own, for TEST_CASE_TEMPLATE.
#pragma once

#include <doctest/doctest.h>

#include <memory>

#include "mullion/base/loop.hpp"

namespace base {

struct Plain {
  static auto create() { return mullion::Loop::create(); }
};
struct Embedded {
  static auto create() { return mullion::Loop::create_embedded(); }
};

#define EVERY_LOOP base::Plain, base::Embedded

template <class L>
std::unique_ptr<mullion::Loop> make_loop() {
  auto loop = L::create();
  REQUIRE(loop);
  return std::move(*loop);
}

}  // namespace base

TYPE_TO_STRING(base::Plain);
TYPE_TO_STRING(base::Embedded);
