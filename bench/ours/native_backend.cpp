#include "ours/backends.hpp"

namespace mullion::bench {
namespace {

class View final : public backend::View {
 public:
  explicit View(backend::ViewHost& host) : host_(host) {}

  Result<> load(std::string url) override {
    if (!host_.renderer_running())
      if (auto started = host_.start_renderer(); !started) return started;
    host_.did_start_loading();
    url_ = std::move(url);
    return host_.post(Value(url_));
  }
  Result<> reload() override { return load(url_); }
  void stop() override {}
  void set_title(std::string_view) override {}
  void on_message(Value message) override {
    host_.did_navigate(url_);
    message.boolean() ? host_.did_finish_load() : host_.did_fail_load({.url = url_});
    host_.did_stop_loading();
  }
  void renderer_gone() override {}
  void before_unload(std::move_only_function<void(bool)> answer) override { answer(true); }

 private:
  backend::ViewHost& host_;
  std::string url_;
};

class Renderer final : public backend::Renderer {
 public:
  explicit Renderer(backend::RendererHost& host) : host_(host) {}
  void on_message(Value message) override { (void)host_.post(Value(host_.page_created(message.string()).has_value())); }

 private:
  backend::RendererHost& host_;
};

class Native final : public backend::Backend {
 public:
  std::string_view name() const override { return native_backend_name; }
  Result<std::unique_ptr<backend::View>> create_view(backend::ViewHost& host,
                                                     const backend::ViewOptions&) const override {
    return std::make_unique<View>(host);
  }
  Result<std::unique_ptr<backend::Renderer>> create_renderer(backend::RendererHost& host) const override {
    return std::make_unique<Renderer>(host);
  }
};

}  // namespace

std::shared_ptr<const backend::Backend> native_backend() { return std::make_shared<Native>(); }

}  // namespace mullion::bench
