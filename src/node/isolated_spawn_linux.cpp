#include <sys/resource.h>
#include <unistd.h>

#include "node/spawn.hpp"

namespace mullion::node {
namespace {

// In this order. Without a user namespace only root gets the others; a container may forbid some.
constexpr Namespaces attempts[] = {
    {.user = true, .pid = true, .network = true, .ipc = true},
    {.user = true, .network = true, .ipc = true},
    {.user = true},
    {.pid = true, .network = true, .ipc = true},
    {},
};

std::string names_of(const Namespaces& namespaces) {
  std::string names;
  const std::pair<bool, const char*> each[] = {
      {namespaces.user, "user"}, {namespaces.pid, "pid"}, {namespaces.network, "network"}, {namespaces.ipc, "ipc"}};
  for (const auto& [there, name] : each)
    if (there) names += (names.empty() ? "" : ",") + std::string(name);
  return names.empty() ? "none" : names;
}

// Root has no power over files in a user namespace, not even to run a program that belongs to another user.
bool may_go_without(const Error& why, const Namespaces& namespaces) {
  return why.code == no_namespaces || (namespaces.user && why.code == "EACCES");
}

}  // namespace

Result<Spawned> spawn_isolated(SpawnRequest request) {
  request.arguments.insert(request.arguments.begin(), "");
  Result<Spawned> spawned;
  for (const auto& namespaces : attempts) {
    request.namespaces = namespaces;
    request.arguments.front() = "--mullion-isolation=" + names_of(namespaces);
    spawned = spawn(request);
    if (spawned || !may_go_without(spawned.error(), namespaces)) break;
  }
  return spawned;
}

DescriptorShares share_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return {.same_user = limit.rlim_cur / 4, .isolated = limit.rlim_cur / 8};
}

}  // namespace mullion::node
