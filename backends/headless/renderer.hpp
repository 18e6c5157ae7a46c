// The renderer process's half: a page that the view drives.
#pragma once

#include <memory>

#include "headless/main_files.hpp"
#include "headless/page/page.hpp"
#include "mullion/backend.hpp"

namespace mullion::headless {

// Loop thread of a renderer process, which should be its main thread.
class Renderer final : public backend::Renderer, PageEvents {
 public:
  static Result<std::unique_ptr<Renderer>> create(backend::RendererHost& host);
  void on_message(Value message) override;

 private:
  Renderer(backend::RendererHost& host, std::unique_ptr<backend::Frame> frame, std::unique_ptr<script::Engine> engine);
  void tell(Value message) { (void)host_.post(std::move(message)); }
  void tell_load(std::string_view what);
  void leave(const Value& ask);

  void started_loading(std::uint64_t load) override;
  void navigated(std::string_view url) override;
  Result<> context_created(Which which, script::Context& context, std::string_view url) override;
  void contexts_released() override { frame_->contexts_released(); }
  void dom_ready() override;
  void finished_loading() override;
  void failed_loading(NetError why, std::string_view url) override;
  void stopped_loading() override;
  void title(std::string_view text) override;
  void console(const ConsoleLine& line) override;
  void close_requested() override;

  backend::RendererHost& host_;
  std::uint64_t load_ = 0;
  std::unique_ptr<backend::Frame> frame_;
  std::unique_ptr<script::Engine> engine_;
  MainFiles files_;
  Page page_;
};

}  // namespace mullion::headless
