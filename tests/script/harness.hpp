// What the tests of this folder share. The engine is whichever the program is linked with: harness_jsc.cpp, or
// backends/cef/tests/v8_harness.cpp.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mullion/script/engine.hpp"

namespace mullion::script {

// An engine and what drives it. Worlds end before it.
class Script {
 public:
  Script();
  ~Script();
  std::unique_ptr<Context> world(std::string_view name = "test");
  // Lets the engine's loop turn until it is so; false when that took a minute.
  bool run_until(std::function<bool()> done);

  Engine* engine = nullptr;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Makes of a bare world what the kernel needs of a page's platform. What listeners throw is gathered in `uncaught`.
std::string platform_source();
// Whether that is all there is, so that a test may put in its place what it likes.
extern const bool bare_platform;

// What stands in a file of the source tree.
std::string read_source(const char* path);

inline Scalar eval(Context& context, std::string_view source) {
  auto result = context.evaluate(source, "test.js");
  INFO("source: ", std::string(source), " error: ", result ? std::string() : result.error().message);
  REQUIRE(result);
  return std::move(*result);
}

inline std::string text(Context& context, std::string_view source) { return std::string(eval(context, source).text()); }

}  // namespace mullion::script
