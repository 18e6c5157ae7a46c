// V8 under the narrow face, by CEF's API alone: for the main thread of a renderer process (TID_RENDERER).
//
//   auto engine = V8Engine::create();                                    // once, in OnWebKitInitialized or later
//   auto context = engine->adopt(cef_context);                           // in OnContextCreated, for either world
//   context->reset();                                                    // in OnContextReleased at the latest
//
// What CEF's API cannot do:
// - make contexts (create_context is `unimplemented`), or collect garbage (but where --js-flags=--expose-gc is given);
// - tell what a script threw whose source declares with let, const, class or async at any place, if it is more than one
//   expression: then exception() has the name, the message and the place, and a sink is given an error of that class
//   made anew. What functions throw is always the very thing.
// - tell a bigint or symbol that such a script came to: it is undefined.
// In stacks, columns of an evaluated script's first line are those of the text that is run, which has a prefix;
// Exception::column is right.
#pragma once

#include <memory>
#include <vector>

#include "cef/v8/context.hpp"
#include "mullion/script/engine.hpp"

namespace mullion::cef::v8 {

class V8Engine final : public script::Engine {
 public:
  static std::unique_ptr<V8Engine> create();
  ~V8Engine() override;

  // A context that CEF made, before any script of the page ran in it.
  Result<std::unique_ptr<script::Context>> adopt(CefRefPtr<CefV8Context> context);

  Result<std::unique_ptr<script::Context>> create_context(std::string_view name) override;
  Result<> post(std::move_only_function<void()> task) override;
  bool worlds_share_document() const override { return true; }
  void collect_garbage() override;

 private:
  struct Poster;
  explicit V8Engine(std::shared_ptr<Poster> poster);

  std::shared_ptr<Poster> poster_;
  const std::string tell_name_;
  std::vector<std::weak_ptr<World>> worlds_;
};

}  // namespace mullion::cef::v8
