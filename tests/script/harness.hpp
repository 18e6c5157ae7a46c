// What the tests of this folder share: a loop with an engine, and waiting with a deadline.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mullion/base/loop.hpp"
#include "mullion/script/engine.hpp"
#include "script/jsc/engine.hpp"

namespace mullion::script {

// Ends the loop when it turns `done`, at the latest after a minute.
inline bool run_until(Loop& loop, std::function<bool()> done) {
  bool late = false;
  Timer deadline(loop, 60'000, [&] {
    late = true;
    loop.stop();
  });
  Timer check(
      loop, 0,
      [&] {
        if (done()) loop.stop();
      },
      1);
  if (!done()) (void)loop.run();
  return !late;
}

struct Script {
  Script() : loop(std::move(*Loop::create())), engine(std::move(*jsc::make_engine(*loop))) {}
  std::unique_ptr<Context> world(std::string_view name = "test") { return std::move(*engine->create_context(name)); }

  std::unique_ptr<Loop> loop;
  std::unique_ptr<Engine> engine;
};

inline Scalar eval(Context& context, std::string_view source) {
  auto result = context.evaluate(source, "test.js");
  INFO("source: ", std::string(source), " error: ", result ? std::string() : result.error().message);
  REQUIRE(result);
  return std::move(*result);
}

inline std::string text(Context& context, std::string_view source) { return std::string(eval(context, source).text()); }

}  // namespace mullion::script
