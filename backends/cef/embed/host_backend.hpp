// The backend of a program that runs Chromium itself, in each of its processes.
#pragma once

#include <memory>

#include "cef/browser/child_sockets.hpp"
#include "cef/browser/private_folder.hpp"
#include "cef/embed/handlers.hpp"
#include "cef/renderer/handler.hpp"
#include "include/cef_app.h"
#include "mullion/backend.hpp"

namespace mullion::cef {

// What the host and its backend share in a child: the program's CefApp, and what makes a renderer of it.
struct ChildParts {
  CefRefPtr<CefApp> app;
  backend::ProcessHost* process = nullptr;  // while CefExecuteProcess runs
  UniqueFd hello;
  CefRefPtr<RenderHandler> renderer;
};

// What they share in main.
struct MainParts {
  Result<> open();

  std::unique_ptr<PrivateFolder> folder;
  std::unique_ptr<Loop> loop;
  ChildSockets sockets;
  backend::FactoryHost* factory = nullptr;  // who takes renderers in, while there is one
  CefRefPtr<Handlers> handlers = new Handlers;
  std::shared_ptr<int> browsers = std::make_shared<int>(0);  // of ours, that Chromium has not let go of
  CefRefPtr<CefBrowser> adopting;                            // what the next view is of
};

class HostBackend final : public backend::Backend {
 public:
  HostBackend(ChildParts& child, MainParts& main) : child_(child), main_(main) {}
  static constexpr const char* own_name = "cef";

  std::string_view name() const override { return own_name; }
  Result<std::unique_ptr<backend::ViewFactory>> create_factory(backend::FactoryHost& host) const override;
  Result<std::unique_ptr<backend::Renderer>> create_renderer(backend::RendererHost& host) const override;
  std::optional<int> run_process(int argc, char** argv, backend::ProcessHost& host) const override;

 private:
  ChildParts& child_;
  MainParts& main_;
};

}  // namespace mullion::cef
