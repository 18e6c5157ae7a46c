#include "headless/page/rejections.hpp"

#include "script/jsc/world.hpp"

// Exported by libjavascriptcoregtk, declared in a header that is not installed.
extern "C" [[gnu::weak]] void JSGlobalContextSetUnhandledRejectionCallback(JSGlobalContextRef, JSObjectRef,
                                                                           JSValueRef*);

namespace mullion::headless {
namespace {

void set_callback(script::Function& world_of, script::Function& callback) {
  auto& there = static_cast<script::jsc::Kept&>(world_of);
  auto& called = static_cast<script::jsc::Kept&>(callback);
  if (!JSGlobalContextSetUnhandledRejectionCallback || !there.object() || !called.object()) return;
  JSValueRef thrown = nullptr;
  JSGlobalContextSetUnhandledRejectionCallback(there.world()->context, called.object(), &thrown);
}

}  // namespace

Result<std::unique_ptr<Rejections>> Rejections::create(script::Engine& engine) {
  auto made = std::make_unique<Rejections>();
  auto context = engine.create_context("rejections");
  if (!context) return std::unexpected(context.error());
  made->context_ = std::move(*context);
  auto nothing = made->context_->evaluate("() => {}", "mullion:rejections");
  if (!nothing) return std::unexpected(nothing.error());
  made->nothing_ = nothing->take_function();
  return made;
}

void Rejections::report_to(script::Function& sink) { set_callback(sink, sink); }

void Rejections::forget(script::Function& sink) { set_callback(sink, *nothing_); }

}  // namespace mullion::headless
