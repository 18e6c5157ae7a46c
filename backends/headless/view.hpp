// Main's half of a headless page. It shows nothing: it passes on what is asked and told.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mullion/backend.hpp"

namespace mullion::headless {

class HeadlessView final : public backend::View {
 public:
  explicit HeadlessView(backend::ViewHost& host) : host_(host) {}
  ~HeadlessView() override;

  Result<> load(std::string url) override;
  Result<> reload() override;
  void stop() override;
  void set_title(std::string_view) override {}
  void on_message(Value message) override;
  void renderer_gone() override;
  void before_unload(std::move_only_function<void(bool)> answer) override;

 private:
  Result<> start();
  void answer_unload(bool may);

  backend::ViewHost& host_;
  std::string url_ = "about:blank";
  std::vector<std::move_only_function<void(bool)>> unloading_;
};

}  // namespace mullion::headless
