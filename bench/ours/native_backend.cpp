#include "ours/backends.hpp"

namespace mullion::bench {
namespace {

class View final : public backend::View {
 public:
  explicit View(backend::ViewHost& host) : host_(host) {}

  Result<> load(std::string url) override {
    if (!host_.renderer_running())
      if (auto started = host_.start_renderer(Isolation::isolated); !started) return started;
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
  void before_unload(std::move_only_function<void(bool)> answer) override { answer(true); }

 private:
  backend::ViewHost& host_;
  std::string url_;
};

class Renderer final : public backend::Renderer {
 public:
  Renderer(backend::RendererHost& host, std::unique_ptr<backend::Frame> frame)
      : host_(host), frame_(std::move(frame)) {}
  void on_message(Value message) override {
    (void)host_.post(Value(frame_->page_created(message.string()).has_value()));
  }

 private:
  backend::RendererHost& host_;
  std::unique_ptr<backend::Frame> frame_;
};

class Factory final : public backend::ViewFactory {
 public:
  Result<std::unique_ptr<backend::View>> create_view(backend::ViewHost& host, const backend::ViewOptions&) override {
    return std::make_unique<View>(host);
  }
};

class Native final : public backend::Backend {
 public:
  std::string_view name() const override { return native_backend_name; }
  Result<std::unique_ptr<backend::ViewFactory>> create_factory(backend::FactoryHost&) const override {
    return std::make_unique<Factory>();
  }
  Result<std::unique_ptr<backend::Renderer>> create_renderer(backend::RendererHost& host) const override {
    auto frame = host.create_frame("", "");
    if (!frame) return std::unexpected(std::move(frame).error());
    return std::make_unique<Renderer>(host, std::move(*frame));
  }
};

}  // namespace

std::shared_ptr<const backend::Backend> native_backend() { return std::make_shared<Native>(); }

}  // namespace mullion::bench
