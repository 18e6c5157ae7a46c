// The main process's half: it shows nothing, starts the renderer process, and passes on what that reports.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "headless/files.hpp"
#include "mullion/backend.hpp"

namespace mullion::headless {

// Links no engine. What the renderer says is hostile: it is read as what it should be, or dropped. Loop thread.
class View final : public backend::View {
 public:
  View(backend::ViewHost& host, Isolation isolation) : host_(host), isolation_(isolation), files_(host.loop()) {}

  Result<> load(std::string url) override;
  Result<> reload() override;
  void stop() override;
  void set_title(std::string_view) override {}  // there is no window to write it on
  void on_message(Value message) override;
  void renderer_gone() override;
  void before_unload(std::move_only_function<void(bool)> answer) override;

 private:
  Result<> start(Value first);
  bool belongs_to_load(const Value& message) const;
  void loading_told(std::string_view what, const Value& message);
  void answer(const Value& message);
  void read(const Value& message);

  backend::ViewHost& host_;
  const Isolation isolation_;
  Files files_;
  std::string url_ = "about:blank";  // what was asked for last
  std::uint32_t load_ = 0;           // its number
  std::uint32_t asked_ = 0;
  std::map<std::uint32_t, std::move_only_function<void(bool)>> asking_;
};

}  // namespace mullion::headless
