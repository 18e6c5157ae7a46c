// What a UtilityProcess handle names. Private.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mullion/main.hpp"
#include "process/child.hpp"

namespace mullion::main::detail {

struct Utility : std::enable_shared_from_this<Utility> {
  Utility(AppState& app, std::string name) : app(&app), name(std::move(name)) {}

  Result<> start(std::string_view entry, UtilityProcessOptions options);
  Result<> post(const Value& message, MessagePort** ports, std::size_t count);
  bool kill();
  void ended(const process::ChildEnd& end);

  AppState* app;  // null after the end
  std::string name;
  Emitter emitter;
  std::unique_ptr<process::ChildProcess> child;
  std::optional<StartedPort> port;

 private:
  void port_closed();
  void finish();

  std::optional<process::ChildEnd> end_;
  bool port_open_ = true;
  Timer patience_;
};

}  // namespace mullion::main::detail
