// Chromium itself, in the main process: started with the first view, ended after the last.
#pragma once

#include <memory>
#include <unordered_set>

#include "cef/browser/app_resource.hpp"
#include "cef/browser/checks.hpp"
#include "cef/browser/child_watch.hpp"
#include "cef/browser/hello_server.hpp"
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
  const HelloServer& hellos() const { return *hellos_; }

 private:
  Factory(backend::FactoryHost& host, const Options& options) : host_(host), options_(options) {}
  Result<> open();
  Result<> initialize(const Places& places);

  backend::FactoryHost& host_;
  Options options_;
  std::unique_ptr<PrivateFolder> folder_;
  std::unique_ptr<HelloServer> hellos_;
  std::unique_ptr<ChildWatch> children_;
  std::shared_ptr<AppSource> resources_;
  std::shared_ptr<MessagePump> pump_;
  std::shared_ptr<int> browsers_ = std::make_shared<int>(0);  // that Chromium has not let go of
  bool initialized_ = false;
};

}  // namespace mullion::cef
