#include "native.hpp"

#include "mullion/base/loop.hpp"

namespace mullion::test {

namespace {

class NativeView final : public backend::View {
 public:
  explicit NativeView(backend::ViewHost& host) : host_(host) {}

  Result<> load(std::string url) override {
    if (!host_.renderer_running())
      if (auto started = host_.start_renderer(Isolation::isolated); !started) return started;
    url_ = url;
    return host_.post(Value{{"load", url}});
  }
  Result<> reload() override { return load(url_); }
  void stop() override {}
  void set_title(std::string_view) override {}
  void on_message(Value message) override {
    const auto& what = message.string("what");
    if (what == "start") host_.did_start_loading();
    if (what == "navigate") host_.did_navigate(message.string("url"));
    if (what == "finish") host_.did_finish_load();
    if (what == "fail") host_.did_fail_load({-6, "ERR_FILE_NOT_FOUND", message.string("url")});
    if (what == "stop") host_.did_stop_loading();
    if (what == "title") host_.title_updated(message.string("text"));
  }
  void before_unload(std::move_only_function<void(bool)> answer) override {
    host_.loop().defer([answer = std::move(answer), may = url_ != "native:stays"]() mutable { answer(may); });
  }

 private:
  backend::ViewHost& host_;
  std::string url_;
};

class NativeRenderer final : public backend::Renderer {
 public:
  NativeRenderer(backend::RendererHost& host, std::unique_ptr<backend::Frame> frame,
                 const std::vector<NativePage>& pages)
      : host_(host), frame_(std::move(frame)), pages_(pages) {}

  void on_message(Value message) override {
    auto url = message.string("load");
    (void)host_.post({{"what", "start"}});
    if (!open(url)) (void)host_.post({{"what", "fail"}, {"url", url}});
    (void)host_.post({{"what", "stop"}});
  }

 private:
  bool open(const std::string& url) {
    for (const auto& page : pages_) {
      if ("native:" + page.name != url) continue;
      frame_->page_released();
      (void)host_.post({{"what", "navigate"}, {"url", url}});
      auto made = frame_->page_created(url);
      if (!made) return false;
      (*made)->spawn(page.run(**made));
      (void)host_.post({{"what", "title"}, {"text", page.name}});
      (void)host_.post({{"what", "finish"}});
      return true;
    }
    return false;
  }

  backend::RendererHost& host_;
  std::unique_ptr<backend::Frame> frame_;
  const std::vector<NativePage>& pages_;
};

class NativeFactory final : public backend::ViewFactory {
 public:
  Result<std::unique_ptr<backend::View>> create_view(backend::ViewHost& host, const backend::ViewOptions&) override {
    return std::make_unique<NativeView>(host);
  }
};

class NativeBackend final : public backend::Backend {
 public:
  explicit NativeBackend(std::vector<NativePage> pages) : pages_(std::move(pages)) {}
  std::string_view name() const override { return "native"; }
  Result<std::unique_ptr<backend::ViewFactory>> create_factory(backend::FactoryHost&) const override {
    return std::make_unique<NativeFactory>();
  }
  Result<std::unique_ptr<backend::Renderer>> create_renderer(backend::RendererHost& host) const override {
    auto frame = host.create_frame("", "");
    if (!frame) return std::unexpected(std::move(frame).error());
    return std::make_unique<NativeRenderer>(host, std::move(*frame), pages_);
  }

 private:
  std::vector<NativePage> pages_;
};

}  // namespace

std::shared_ptr<const backend::Backend> native_backend(std::vector<NativePage> pages) {
  return std::make_shared<NativeBackend>(std::move(pages));
}

}  // namespace mullion::test
