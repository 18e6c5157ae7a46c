// app: URLs, answered by the program's main process.
#pragma once

#include <memory>

#include "include/cef_scheme.h"
#include "mullion/backend.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::cef {

// Asked from Chromium's IO thread, answers on the loop's. The loop's thread closes it.
class AppSource {
 public:
  explicit AppSource(backend::FactoryHost& host) : host_(&host), poster_(host.loop().poster()) {}
  void close() { host_ = nullptr; }

 private:
  friend class AppResourceHandler;
  backend::FactoryHost* host_;
  Poster poster_;
};

CefRefPtr<CefSchemeHandlerFactory> make_app_scheme_factory(std::shared_ptr<AppSource> source);

}  // namespace mullion::cef
