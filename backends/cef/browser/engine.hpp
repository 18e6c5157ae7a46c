// Chromium itself, in the main process.
#pragma once

#include <memory>
#include <string>

#include "cef/browser/app_resource.hpp"
#include "cef/browser/checks.hpp"
#include "cef/pump/message_pump.hpp"
#include "mullion/backend.hpp"
#include "mullion/backends/cef.hpp"

namespace mullion::cef {

// Started once in a process, by the thread that ends it.
class Engine {
 public:
  // What Chromium would end the program over.
  static Result<Places> check(const Options& options);
  // `folder` is private to this user and outlives the engine. Without a pump Chromium has a UI thread of its own.
  // `host` is asked for app: URLs, on its loop.
  static Result<std::unique_ptr<Engine>> start(const Options& options, const Places& places, const std::string& folder,
                                               std::shared_ptr<MessagePump> pump, backend::FactoryHost& host);
  // When every browser has closed: Chromium ends the program if anything of its own is still held.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void close_resources();  // nobody is asked any more

 private:
  explicit Engine(backend::FactoryHost& host);
  std::shared_ptr<AppSource> resources_;
};

}  // namespace mullion::cef
