// The narrow face has no promises; what JavaScriptCore tells of rejected ones is asked for here, beside it.
#include "headless/page/world.hpp"
#include "script/jsc/world.hpp"

// Exported by libjavascriptcoregtk, declared in a header that is not installed. Weak: a page whose engine lacks it
// hears nothing of unhandled rejections.
extern "C" [[gnu::weak]] void JSGlobalContextSetUnhandledRejectionCallback(JSGlobalContextRef, JSObjectRef,
                                                                           JSValueRef*);

namespace mullion::headless {

bool report_unhandled_rejections(script::Function& sink) {
  auto& function = static_cast<script::jsc::Kept&>(sink);
  if (!JSGlobalContextSetUnhandledRejectionCallback || !function.object()) return false;
  JSValueRef thrown = nullptr;
  JSGlobalContextSetUnhandledRejectionCallback(function.world()->context, function.object(), &thrown);
  return !thrown;
}

}  // namespace mullion::headless
