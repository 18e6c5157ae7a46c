// Where Chromium's processes come to main: two sockets, which are there before its zygotes look for them.
#pragma once

#include <memory>
#include <string>

#include "cef/browser/child_watch.hpp"
#include "cef/browser/hello_server.hpp"

namespace mullion::cef {

struct ChildSockets {
  // Names both in the environment. `folder` is private to this user.
  static Result<ChildSockets> open(Loop& loop, const std::string& folder, HelloServer::Adopt adopt,
                                   ChildWatch::Gone gone);

  std::unique_ptr<HelloServer> hellos;
  std::unique_ptr<ChildWatch> children;  // ends before Chromium's processes should
};

}  // namespace mullion::cef
