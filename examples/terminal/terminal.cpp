#include "terminal.hpp"

#include <mullion/base/loop.hpp>

#include <cstdio>

namespace terminal {

using namespace mullion;

namespace {

// Main's half: starts a renderer process, tells it what to load, and believes what it says only as far as it is asked.
class View final : public backend::View {
 public:
  explicit View(backend::ViewHost& host) : host_(host) {}

  Result<> load(std::string url) override {
    if (!host_.renderer_running())
      if (auto started = host_.start_renderer(Isolation::isolated); !started) return started;
    url_ = std::move(url);
    return host_.post({{"url", url_}, {"load", ++load_}});
  }
  Result<> reload() override { return load(url_); }
  void stop() override {}
  void set_title(std::string_view) override {}
  void before_unload(std::move_only_function<void(bool)> answer) override { answer(true); }

  void on_message(Value message) override {
    if (message.is_string()) return void(std::printf("%s\n", message.string().c_str()));
    if (message["load"] != Value(load_)) return;  // of a load that another one took the place of
    bool there = message.boolean("there");
    host_.did_start_loading();
    if (there) host_.did_navigate(url_);
    there ? host_.did_finish_load() : host_.did_fail_load({-6, "ERR_FILE_NOT_FOUND", url_});
    host_.did_stop_loading();
  }

 private:
  backend::ViewHost& host_;
  std::string url_;
  unsigned load_ = 0;
};

// The renderer process's half: one frame, whose documents are functions.
class Renderer final : public backend::Renderer {
 public:
  Renderer(backend::RendererHost& host, std::unique_ptr<backend::Frame> frame, const std::vector<Page>& pages)
      : host_(host), frame_(std::move(frame)), pages_(pages) {}

  void on_message(Value message) override {
    bool there = open(message.string("url"));
    (void)host_.post({{"load", message["load"]}, {"there", there}});
  }

 private:
  bool open(const std::string& url) {
    for (const auto& page : pages_) {
      if (url != "terminal:" + page.name) continue;
      frame_->page_released();
      auto made = frame_->page_created(url);
      if (!made) return false;
      auto draw = [this](std::string_view line) { (void)host_.post(line); };
      (*made)->spawn(page.run(**made, draw));
      return true;
    }
    return false;
  }

  backend::RendererHost& host_;
  std::unique_ptr<backend::Frame> frame_;
  const std::vector<Page>& pages_;
};

class Factory final : public backend::ViewFactory {
  Result<std::unique_ptr<backend::View>> create_view(backend::ViewHost& host, const backend::ViewOptions&) override {
    return std::make_unique<View>(host);
  }
};

class Terminal final : public backend::Backend {
 public:
  explicit Terminal(std::vector<Page> pages) : pages_(std::move(pages)) {}
  std::string_view name() const override { return "terminal"; }
  Result<std::unique_ptr<backend::ViewFactory>> create_factory(backend::FactoryHost&) const override {
    return std::make_unique<Factory>();
  }
  Result<std::unique_ptr<backend::Renderer>> create_renderer(backend::RendererHost& host) const override {
    auto frame = host.create_frame("", "");
    if (!frame) return std::unexpected(frame.error());
    return std::make_unique<Renderer>(host, std::move(*frame), pages_);
  }

 private:
  std::vector<Page> pages_;
};

}  // namespace

std::shared_ptr<const backend::Backend> backend(std::vector<Page> pages) {
  return std::make_shared<Terminal>(std::move(pages));
}

}  // namespace terminal
