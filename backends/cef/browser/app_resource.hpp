// app: URLs, answered by the program's main process.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "include/cef_scheme.h"
#include "mullion/backend.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::cef {

// Asked from Chromium's IO thread, answers on the loop's. The loop's thread closes it: who waits then is told at once
// that there is nothing, since a task that never runs would hold Chromium's objects beyond its end.
class AppSource : public std::enable_shared_from_this<AppSource> {
 public:
  explicit AppSource(backend::FactoryHost& host) : host_(host), poster_(host.loop().poster()) {}
  void close();

 private:
  friend class AppResourceHandler;
  using Question = std::move_only_function<void(backend::FactoryHost*)>;  // null when it is closed
  bool ask(Question question);                                            // any thread; false when it is closed
  void answer(backend::FactoryHost* host);

  backend::FactoryHost& host_;
  Poster poster_;
  std::mutex mutex_;  // of these
  bool closed_ = false;
  std::vector<Question> waiting_;
};

CefRefPtr<CefSchemeHandlerFactory> make_app_scheme_factory(std::shared_ptr<AppSource> source);

}  // namespace mullion::cef
