#include "cef/browser/child_sockets.hpp"

#include <cstdlib>
#include <utility>

#include "cef/module.hpp"

namespace mullion::cef {

Result<ChildSockets> ChildSockets::open(Loop& loop, const std::string& folder, HelloServer::Adopt adopt,
                                        ChildWatch::Gone gone) {
  auto hellos = HelloServer::create(loop, folder, std::move(adopt));
  if (!hellos) return std::unexpected(std::move(hellos).error());
  auto children = ChildWatch::create(loop, folder, std::move(gone));
  if (!children) return std::unexpected(std::move(children).error());
  setenv(hello_variable, (*hellos)->path().c_str(), 1);
  setenv(children_variable, (*children)->path().c_str(), 1);
  return ChildSockets{std::move(*hellos), std::move(*children)};
}

}  // namespace mullion::cef
