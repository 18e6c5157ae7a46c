// Promises that are rejected and that nobody handles.
#pragma once

#include <memory>

#include "mullion/script/engine.hpp"

namespace mullion::headless {

// The narrow face has no promises, so this asks JavaScriptCore beside it. One for each engine; outlives its worlds.
class Rejections {
 public:
  static Result<std::unique_ptr<Rejections>> create(script::Engine& engine);

  // The engine calls sink(promise, reason) for each promise of the sink's context that has no handler by the time
  // microtasks have run. Where this JavaScriptCore cannot, nothing is called.
  void report_to(script::Function& sink);
  // To be called before the sink's context ends. JavaScriptCore holds the sink until then, and with it the context: it
  // is given a function of another context in its place.
  void forget(script::Function& sink);

 private:
  std::unique_ptr<script::Context> context_;
  std::unique_ptr<script::Function> nothing_;
};

}  // namespace mullion::headless
