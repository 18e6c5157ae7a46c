#include "node/spawn.hpp"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "node/birth_linux.hpp"
#include "node/first_process.hpp"

namespace mullion::node {
namespace {

constexpr int duplicates_from = 64;  // above every number that a descriptor gets in the child

Error spawn_error(const char* step, const Birth& birth, int error) {
  const char* object = std::strcmp(step, "chdir") == 0 ? birth.directory : birth.path;
  return errno_error(std::string(step) + " " + object, error);
}

void reap(int pidfd) {
  siginfo_t gone{};
  while (waitid(P_PIDFD, static_cast<id_t>(pidfd), &gone, WEXITED) < 0 && errno == EINTR) continue;
}

bool is(const Birth& birth, std::string_view step) { return birth.step && birth.step == step; }

// What was started before the step that failed ends, and is reaped, here.
Result<Spawned> spawn_by_clone(Birth& birth) {
  const bool running = give_birth(birth);
  Spawned spawned;
  spawned.pid = birth.pid;
  spawned.pidfd = UniqueFd(birth.pidfd);
  spawned.first = FirstProcess(UniqueFd(birth.first_pidfd));
  if (running) return spawned;
  if (spawned.pidfd) reap(spawned.pidfd.get());
  auto why = spawn_error(birth.step, birth, birth.error);
  if (is(birth, "namespaces")) why.code = no_namespaces;
  return std::unexpected(std::move(why));
}

struct SpawnSetup {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnSetup() { posix_spawn_file_actions_init(&actions), posix_spawnattr_init(&attributes); }
  ~SpawnSetup() { posix_spawn_file_actions_destroy(&actions), posix_spawnattr_destroy(&attributes); }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

void fill(SpawnSetup& setup, const Birth& birth) {
  const auto count = static_cast<int>(birth.sources.size());
  for (int number = 0; number < count; ++number)
    if (birth.sources[number] >= 0) posix_spawn_file_actions_adddup2(&setup.actions, birth.sources[number], number);
  posix_spawn_file_actions_addclosefrom_np(&setup.actions, count);
  if (birth.directory) posix_spawn_file_actions_addchdir_np(&setup.actions, birth.directory);
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&setup.attributes, &all);
  posix_spawnattr_setsigmask(&setup.attributes, &none);
  posix_spawnattr_setflags(&setup.attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

// Where a sandbox forbids clone's newer flags.
Result<Spawned> spawn_by_posix_spawn(Birth& birth) {
  SpawnSetup setup;
  fill(setup, birth);
  Spawned spawned;
  if (int error =
          posix_spawn(&spawned.pid, birth.path, &setup.actions, &setup.attributes, birth.arguments, birth.environment))
    return std::unexpected(spawn_error("exec", birth, error));
  const long pidfd = syscall(SYS_pidfd_open, spawned.pid, 0);
  if (pidfd < 0) return std::unexpected(spawn_error("pidfd_open", birth, errno));
  spawned.pidfd = UniqueFd(static_cast<int>(pidfd));
  const rlimit64 limit{birth.descriptors, birth.descriptors};
  if (birth.descriptors != 0) syscall(SYS_prlimit64, spawned.pid, RLIMIT_NOFILE, &limit, nullptr);
  return spawned;
}

Result<Spawned> spawn_planned(Birth& birth, SpawnBy by) {
  if (by != SpawnBy::posix_spawn) {
    auto spawned = spawn_by_clone(birth);
    const bool forbidden = !spawned && is(birth, "clone");
    if (!forbidden || by == SpawnBy::clone) return spawned;
  }
  return spawn_by_posix_spawn(birth);
}

bool has_zero(const std::string& text) { return text.find('\0') != std::string::npos; }

Error zero_error(const std::string& text) {
  return {.kind = Kind::invalid, .code = "EINVAL", .message = std::string(text.c_str()) + ": holds a zero byte"};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

bool names(std::string_view variable, const std::pair<std::string, std::string>& entry) {
  return variable.starts_with(entry.first) && variable.substr(entry.first.size()).starts_with('=');
}

std::vector<std::string> environment_of(const SpawnRequest& request) {
  std::vector<std::string> result;
  for (char** variable = environ; request.inherit_environment && variable && *variable; ++variable) {
    bool replaced = false;
    for (const auto& entry : request.environment) replaced = replaced || names(*variable, entry);
    if (!replaced) result.emplace_back(*variable);
  }
  for (const auto& [name, value] : request.environment) result.push_back(name + "=" + value);
  return result;
}

// The child's side of one standard stream, and ours.
struct Stream {
  UniqueFd child{}, ours{};
};

Result<Stream> open_stream(Stdio kind, int number) {
  Stream stream;
  if (kind == Stdio::ignore) {
    stream.child = UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!stream.child) return std::unexpected(errno_error("open /dev/null"));
  }
  if (kind == Stdio::pipe) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return std::unexpected(errno_error("pipe2"));
    stream.child = UniqueFd(ends[number == 0 ? 0 : 1]);
    stream.ours = UniqueFd(ends[number == 0 ? 1 : 0]);
  }
  return stream;
}

// Duplicates far above the numbers that the child uses, so that no step overwrites a later step's source.
class Sources {
 public:
  Result<> add(int fd) {
    if (fd < 0) return numbers_.push_back(-1), Result<>{};
    UniqueFd copy(fcntl(fd, F_DUPFD_CLOEXEC, duplicates_from));
    if (!copy) return std::unexpected(errno_error("fcntl F_DUPFD_CLOEXEC"));
    numbers_.push_back(copy.get());
    copies_.push_back(std::move(copy));
    return {};
  }
  std::span<const int> numbers() const { return numbers_; }

 private:
  std::vector<int> numbers_;
  std::vector<UniqueFd> copies_;
};

Result<> open_streams(const SpawnRequest& request, Spawned& spawned, Sources& sources) {
  const Stdio kinds[] = {request.input, request.output, request.error};
  UniqueFd* ours[] = {&spawned.input, &spawned.output, &spawned.error};
  for (int number = 0; number < 3; ++number) {
    auto stream = open_stream(kinds[number], number);
    if (!stream) return std::unexpected(stream.error());
    if (auto added = sources.add(stream->child.get()); !added) return added;
    *ours[number] = std::move(stream->ours);
  }
  for (int fd : request.inherit)
    if (auto added = sources.add(fd); !added) return added;
  return {};
}

// In memory, so that no second file has to be installed. Empty where memory may not be executed: there will be no pid
// namespace then.
UniqueFd open_first_program() {
  constexpr unsigned executable = 0x10U;  // MFD_EXEC, Linux 6.3
  UniqueFd file(memfd_create("mullion-first", MFD_CLOEXEC | executable));
  if (!file) file.reset(memfd_create("mullion-first", MFD_CLOEXEC));
  const auto bytes = first_process();
  if (bytes.empty() || write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) return {};
  return file;
}

Result<> check_texts(const std::vector<std::string>& texts) {
  for (const auto& text : texts)
    if (has_zero(text)) return std::unexpected(zero_error(text));
  return {};
}

Result<std::string> absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  char here[PATH_MAX];
  if (!getcwd(here, sizeof here)) return std::unexpected(errno_error("getcwd"));
  return std::string(here) + "/" + path;
}

}  // namespace

Result<Spawned> spawn(const SpawnRequest& request, SpawnBy by) {
  auto path = request.executable.empty() ? own_executable() : absolute(request.executable);
  if (!path) return std::unexpected(path.error());
  std::vector<std::string> arguments = {*path};
  arguments.insert(arguments.end(), request.arguments.begin(), request.arguments.end());
  std::vector<std::string> environment = environment_of(request);
  for (const auto* texts : {&arguments, &environment})
    if (auto checked = check_texts(*texts); !checked) return std::unexpected(checked.error());
  Spawned streams;
  Sources sources;
  if (auto opened = open_streams(request, streams, sources); !opened) return std::unexpected(opened.error());
  const std::vector<char*> argument_pointers = pointers(arguments), environment_pointers = pointers(environment);
  auto first_program = request.namespaces.pid ? open_first_program() : UniqueFd();
  Birth birth{.path = path->c_str(),
              .arguments = argument_pointers.data(),
              .environment = environment_pointers.data(),
              .directory = request.working_directory.empty() ? nullptr : request.working_directory.c_str(),
              .sources = sources.numbers(),
              .descriptors = request.descriptors,
              .namespaces = request.namespaces,
              .lives_with = request.lives_with,
              .first_program = first_program.get(),
              .keep_chroot = request.namespaces.user};
  auto spawned = spawn_planned(birth, by);
  if (!spawned) return spawned;
  streams.pid = spawned->pid;
  streams.pidfd = std::move(spawned->pidfd);
  streams.first = std::move(spawned->first);
  return streams;
}

Result<std::string> own_executable() {
  const char* self = "/proc/self/exe";
  char target[PATH_MAX];
  const ssize_t length = readlink(self, target, sizeof target);
  if (length < 0) return std::unexpected(errno_error(std::string("readlink ") + self));
  std::string path(target, static_cast<std::size_t>(length));
  struct stat named{}, running{};
  const bool same = stat(path.c_str(), &named) == 0 && stat(self, &running) == 0 && named.st_dev == running.st_dev &&
                    named.st_ino == running.st_ino;
  return same ? path : std::string(self);
}

Result<> close_on_exec(int fd) {
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return std::unexpected(errno_error("fcntl " + std::to_string(fd)));
  return {};
}

Result<UniqueFd> own_pidfd() {
  const long pidfd = syscall(SYS_pidfd_open, getpid(), 0);
  if (pidfd < 0) return std::unexpected(errno_error("pidfd_open"));
  return UniqueFd(static_cast<int>(pidfd));
}

}  // namespace mullion::node
