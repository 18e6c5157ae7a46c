#include "script/jsc/engine.hpp"

#include <JavaScriptCore/JavaScript.h>

#include "mullion/base/loop.hpp"
#include "script/jsc/context.hpp"
#include "script/jsc/glib_pump.hpp"

// JavaScriptCore's full collection timer ends the process (a null main run loop, read by its memory pressure handler)
// where nobody called this; the C API does not, and WebKit's own test programs call it for the same reason
// (github.com/WebKit/WebKit/pull/71384). Weak: should it go, so has the reason.
namespace WTF {
[[gnu::weak]] void initializeMainThread();
}
// JSGarbageCollect only brings the collector's timer forward.
extern "C" [[gnu::weak]] void JSSynchronousGarbageCollectForDebugging(JSContextRef);

namespace mullion::script::jsc {
namespace {

class JscEngine final : public Engine {
 public:
  JscEngine(Loop& loop, std::unique_ptr<GlibPump> pump)
      : poster_(loop.poster()), pump_(std::move(pump)), group_(JSContextGroupCreate()) {}
  ~JscEngine() override { JSContextGroupRelease(group_); }

  Result<std::unique_ptr<Context>> create_context(std::string_view name) override {
    return JscContext::create(*this, group_, name);
  }
  Result<> post(std::move_only_function<void()> task) override { return poster_.post(std::move(task)); }
  bool worlds_share_document() const override { return false; }
  void collect_garbage() override;

 private:
  Poster poster_;
  std::unique_ptr<GlibPump> pump_;
  JSContextGroupRef group_;
};

void JscEngine::collect_garbage() {
  JSGlobalContextRef context = JSGlobalContextCreateInGroup(group_, nullptr);
  if (JSSynchronousGarbageCollectForDebugging)
    JSSynchronousGarbageCollectForDebugging(context);
  else
    JSGarbageCollect(context);
  JSGlobalContextRelease(context);
}

}  // namespace

Result<std::unique_ptr<Engine>> make_engine(Loop& loop) {
  auto pump = GlibPump::start(loop);
  if (!pump) return std::unexpected(pump.error());
  if (WTF::initializeMainThread) WTF::initializeMainThread();
  return std::make_unique<JscEngine>(loop, std::move(*pump));
}

}  // namespace mullion::script::jsc
