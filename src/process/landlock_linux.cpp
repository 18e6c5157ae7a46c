#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mullion/base/unique_fd.hpp"
#include "process/isolation.hpp"

// Newer than the headers of some distributions that have them.
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

namespace mullion::process {
namespace {

// As landlock.h has them since version 6; each version reads as much as it knows.
struct Ruleset {
  std::uint64_t files = 0, network = 0, scope = 0;
};

constexpr std::uint64_t run_files = 1 << 0, read_files = 1 << 2, read_folders = 1 << 3;

// Versions 1 to 5 each know more of what can be done to a file.
std::uint64_t all_files(long version) {
  constexpr int known[] = {13, 14, 15, 15, 16};
  const auto index = static_cast<std::size_t>(version > 5 ? 5 : version) - 1;
  return (std::uint64_t{1} << known[index]) - 1;
}

Ruleset all_of(long version) {
  Ruleset all;
  if (version >= 1) all.files = all_files(version);
  if (version >= 4) all.network = 3;  // bind and connect of TCP
  if (version >= 6) all.scope = 3;    // abstract sockets and signals
  return all;
}

std::size_t size_of(long version) { return sizeof(std::uint64_t) * (version >= 6 ? 3 : version >= 4 ? 2 : 1); }

void allow_reading(int rules) {
  const UniqueFd root(open("/", O_PATH | O_CLOEXEC));
  const landlock_path_beneath_attr below{run_files | read_files | read_folders, root.get()};
  syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
}

}  // namespace

Landlocked restrict_landlock(Files files) {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return {};
  const Ruleset all = all_of(version);
  const UniqueFd rules(static_cast<int>(syscall(SYS_landlock_create_ruleset, &all, size_of(version), 0)));
  if (!rules) return {};
  if (files == Files::read_only) allow_reading(rules.get());
  if (syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) return {};
  return {.files = true, .network = all.network != 0, .scope = all.scope != 0};
}

}  // namespace mullion::process
