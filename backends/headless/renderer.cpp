// The renderer half of the headless backend: the module's one entry, and the page that it drives.
#include <string_view>

#include "headless/messages.hpp"
#include "headless/module.hpp"
#include "headless/page/page.hpp"
#include "script/jsc/engine.hpp"

namespace mullion::headless {

namespace {

int level_number(Level level) { return static_cast<int>(level); }

class HeadlessRenderer final : public backend::Renderer, PageEvents {
 public:
  HeadlessRenderer(backend::RendererHost& host, std::unique_ptr<script::Engine> engine)
      : host_(host),
        engine_(std::move(engine)),
        page_(host.loop(), *engine_, *this, [this](const Url& url, ResourceAnswer answer) { fetch(url, std::move(answer)); }) {}

  void on_message(Value message) override {
    const auto& what = message.string("op");
    if (what == op::load) return page_.load(message.string("url"));
    if (what == op::reload) return page_.reload();
    if (what == op::stop) return page_.stop();
    if (what == op::before_unload) leave();
  }

 private:
  // A page that may go goes: its unload handlers run before main closes the window.
  void leave() {
    bool may = page_.before_unload();
    if (may) page_.close();
    tell({{"op", op::may_unload}, {"may", may}});
  }

  void tell(Value message) { (void)host_.post(std::move(message)); }

  void fetch(const Url& url, ResourceAnswer answer) {
    host_.fetch_app_resource(url.without_fragment(), [answer = std::move(answer)](Result<backend::RendererHost::AppResource> found) mutable {
      if (!found) return answer(std::unexpected(found.error().kind == Kind::unimplemented ? err_unknown_url_scheme : err_file_not_found));
      answer(Resource{std::move(found->bytes), std::move(found->mime_type)});
    });
  }

  void started_loading() override { tell({{"op", op::started_loading}}); }
  void navigated(std::string_view url) override { tell({{"op", op::navigated}, {"url", url}}); }
  Result<> context_created(Which world, script::Context& context, std::string_view url) override {
    return host_.context_created(world == Which::main ? backend::World::main : backend::World::isolated, context, url);
  }
  void contexts_released() override { host_.contexts_released(); }
  void dom_ready() override { tell({{"op", op::dom_ready}}); }
  void finished_loading() override { tell({{"op", op::finished_loading}}); }
  void failed_loading(NetError why, std::string_view url) override {
    tell({{"op", op::failed_loading}, {"code", why.code}, {"name", why.name}, {"url", url}});
  }
  void stopped_loading() override { tell({{"op", op::stopped_loading}}); }
  void title(std::string_view text) override { tell({{"op", op::title}, {"text", text}}); }
  void console(const ConsoleLine& line) override {
    tell({{"op", op::console}, {"level", level_number(line.level)}, {"text", line.text}, {"url", line.url}, {"line", line.line}});
  }
  void close_requested() override { tell({{"op", op::close_request}}); }

  backend::RendererHost& host_;
  std::unique_ptr<script::Engine> engine_;
  Page page_;
};

void make(backend::RendererHost& host, std::string_view version, Result<std::unique_ptr<backend::Renderer>>& made) {
  if (version != MULLION_VERSION) {
    made = std::unexpected(Error{.kind = Kind::invalid,
                                 .code = "version",
                                 .message = "the headless page module is of version " MULLION_VERSION ", the program of " + std::string(version)});
    return;
  }
  auto engine = script::jsc::make_engine(host.loop());
  if (!engine) {
    made = std::unexpected(std::move(engine).error());
    return;
  }
  made = std::make_unique<HeadlessRenderer>(host, std::move(*engine));
}

}  // namespace
}  // namespace mullion::headless

extern "C" [[gnu::visibility("default")]] void mullion_headless_renderer(
    mullion::backend::RendererHost& host, const char* version,
    mullion::Result<std::unique_ptr<mullion::backend::Renderer>>& made) {
  mullion::headless::make(host, version, made);
}
