// Chromium on a UI thread of its own: started with the first view, ended after the last.
#pragma once

#include <memory>

#include "cef/browser/child_sockets.hpp"
#include "cef/browser/engine.hpp"
#include "cef/browser/private_folder.hpp"
#include "cef/thread/ui_thread.hpp"
#include "mullion/backend.hpp"
#include "mullion/backends/cef.hpp"

namespace mullion::cef {

// Views, windows and the sockets of Chromium's processes run there as they run on main's thread under Factory.
class ThreadFactory final : public backend::ViewFactory {
 public:
  static Result<std::unique_ptr<backend::ViewFactory>> create(backend::FactoryHost& host, const Options& options);
  ~ThreadFactory() override;

  Result<std::unique_ptr<backend::View>> create_view(backend::ViewHost& host,
                                                     const backend::ViewOptions& options) override;

 private:
  explicit ThreadFactory(backend::FactoryHost& host) : host_(host) {}
  Result<> open(const Options& options);
  Result<ChildSockets> open_sockets();
  void adopt(UniqueFd link);

  backend::FactoryHost& host_;
  std::unique_ptr<PrivateFolder> folder_;
  std::unique_ptr<UiThread> thread_;
  ChildSockets sockets_;  // Chromium's UI thread's, when that runs; so are the browsers
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<int> browsers_ = std::make_shared<int>(0);
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // main's thread's
};

}  // namespace mullion::cef
