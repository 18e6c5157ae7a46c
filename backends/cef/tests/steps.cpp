#include "steps.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace mullion::cef::test {

namespace {

int steps = 0;
int failures = 0;

std::string own_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

// Of each of this program's processes its number and its command line, until `f` says true.
template <class F>
void each_process(F f) {
  std::error_code error;
  auto self = own_program();
  for (const auto& each : std::filesystem::directory_iterator("/proc", error)) {
    auto line = read_file(each.path() / "cmdline");
    if (line.starts_with(self) && f(std::atoi(each.path().filename().c_str()), line)) return;
  }
}

}  // namespace

void check(bool holds, std::string_view sentence) {
  std::printf("%s %d - %.*s\n", holds ? "ok" : "not ok", ++steps, static_cast<int>(sentence.size()), sentence.data());
  std::fflush(stdout);
  failures += !holds;
}

int end_of_steps() {
  std::printf("1..%d\n", steps);
  return failures != 0;
}

std::string_view role() {
  const char* name = std::getenv("MULLION_TEST_ROLE");
  return name ? name : "";
}

std::string command(std::string_view role, const std::string& environment) {
  return environment + " MULLION_TEST_ROLE=" + std::string(role) + " " + own_program();
}

std::string says(std::string_view role, const std::string& environment, int* code) {
  std::string text;
  FILE* output = popen((command(role, environment) + " 2>&1").c_str(), "r");
  for (int each = 0; output && (each = std::fgetc(output)) != EOF;) text += static_cast<char>(each);
  int ended = output ? pclose(output) : -1;
  if (code) *code = ended;
  return text;
}

bool with_own_thread() { return std::getenv("MULLION_TEST_OWN_THREAD") != nullptr; }

void retell(std::string_view role, std::string_view end) {
  FILE* output = popen(command(role).c_str(), "r");
  char line[1000];
  while (output && std::fgets(line, sizeof line, output)) {
    std::string_view text(line);
    auto at = text.find(" - ");
    if (text.starts_with("#")) std::fputs(line, stdout);
    if (at != text.npos) check(text.starts_with("ok"), text.substr(at + 3, text.size() - at - 4));
  }
  check(output && pclose(output) == 0, end);
}

bool is_started_by_chromium(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]).starts_with("--type=")) return true;
  return false;
}

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

int process_with(std::string_view argument, std::string_view but_not) {
  int found = 0;
  each_process([&](int pid, const std::string& line) {
    if (line.find(argument) == line.npos || line.find(but_not) != line.npos) return false;
    found = pid;
    return true;
  });
  return found;
}

int engine_processes(bool tell) {
  int found = 0;
  each_process([&](int, const std::string& line) {
    auto at = line.find("--type=");
    found += at != line.npos;
    if (tell && at != line.npos) std::printf("# %s\n", line.c_str() + at);
    return false;
  });
  return found;
}

bool all_end() {
  for (int waited = 0; waited < patience_ms && engine_processes() > 0; waited += 20) usleep(20'000);
  return engine_processes(true) == 0;
}

Home::Home() : path_("/tmp/mullion-test-XXXXXX") {
  if (!mkdtemp(path_.data())) path_ = "/tmp";
  setenv("TMPDIR", path_.c_str(), 1);
  setenv("HOME", path_.c_str(), 1);
}

Home::~Home() {
  std::error_code error;
  if (path_ != "/tmp") std::filesystem::remove_all(path_, error);
}

std::vector<std::string> Home::private_folders() const {
  std::error_code error;
  std::vector<std::string> found;
  for (const auto& each : std::filesystem::directory_iterator(path_, error))
    if (each.path().filename().string().starts_with("mullion-cef-")) found.push_back(each.path());
  return found;
}

}  // namespace mullion::cef::test
