// Chromium on the loop's own thread: started with the first view, ended after the last.
#pragma once

#include <memory>

#include "cef/browser/child_sockets.hpp"
#include "cef/browser/engine.hpp"
#include "cef/browser/private_folder.hpp"
#include "cef/pump/message_pump.hpp"
#include "mullion/backend.hpp"
#include "mullion/backends/cef.hpp"

namespace mullion::cef {

class Factory final : public backend::ViewFactory {
 public:
  static Result<std::unique_ptr<backend::ViewFactory>> create(backend::FactoryHost& host, const Options& options);
  ~Factory() override;

  Result<std::unique_ptr<backend::View>> create_view(backend::ViewHost& host,
                                                     const backend::ViewOptions& options) override;

 private:
  explicit Factory(backend::FactoryHost& host) : host_(host) {}
  Result<> open(const Options& options);

  backend::FactoryHost& host_;
  std::unique_ptr<PrivateFolder> folder_;
  ChildSockets sockets_;
  std::shared_ptr<MessagePump> pump_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<int> browsers_ = std::make_shared<int>(0);  // that Chromium has not let go of
};

}  // namespace mullion::cef
