#include "grep.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <mullion/base/unique_fd.hpp>

using namespace mullion;

namespace {

void count(Counted& counted, const char* bytes, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    counted.hash = (counted.hash ^ static_cast<unsigned char>(bytes[i])) * 0x01000193u;
    counted.lines += bytes[i] == '\n';
  }
  counted.bytes += size;
}

std::vector<std::string> command(const std::string& query, std::uint32_t limit, const std::vector<std::string>& texts) {
  std::vector<std::string> words{"grep", "-F", "-n", "-m", std::to_string(limit), "-e", query, "--"};
  words.insert(words.end(), texts.begin(), texts.end());
  return words;
}

Result<pid_t> start(std::vector<std::string> words, int output) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::string locale = "LC_ALL=C", path = "PATH=/usr/local/bin:/usr/bin:/bin";
  char* environment[] = {locale.data(), path.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t pid = 0;
  int failed = posix_spawnp(&pid, "grep", &actions, nullptr, argv.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  if (failed) return std::unexpected(errno_error("grep", failed));
  return pid;
}

Result<> add(Counted& counted, std::vector<std::string> words) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(errno_error("pipe"));
  UniqueFd read_end(ends[0]), write_end(ends[1]);
  auto pid = start(std::move(words), write_end.get());
  if (!pid) return std::unexpected(pid.error());
  write_end.reset();
  char buffer[65536];
  for (ssize_t n; (n = read(read_end.get(), buffer, sizeof buffer)) > 0;)
    count(counted, buffer, static_cast<std::size_t>(n));
  int status = 0;
  waitpid(*pid, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
    return std::unexpected(Error{.kind = Kind::failed, .message = "grep did not end well"});
  return {};
}

}  // namespace

Result<Counted> grep(const std::vector<std::string>& queries, std::uint32_t limit,
                     const std::vector<std::string>& texts) {
  Counted counted;
  for (const auto& query : queries)
    if (auto added = add(counted, command(query, limit, texts)); !added) return std::unexpected(added.error());
  return counted;
}
