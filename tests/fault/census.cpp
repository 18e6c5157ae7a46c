#include "census.hpp"

#include <dirent.h>
#include <malloc.h>

#include <cstdio>
#include <cstring>
#include <memory>

#include "harness/waiting.hpp"

namespace mullion::fault {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Lines of a file of /proc/self that hold the text.
std::uint32_t lines_with(const char* path, const char* text) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path, "re"));
  std::uint32_t count = 0;
  char line[1024];
  while (file && std::fgets(line, sizeof line, file.get())) count += std::strstr(line, text) != nullptr;
  return count;
}

std::uint32_t threads() {
  DIR* directory = opendir("/proc/self/task");
  std::uint32_t count = 0;
  while (directory && readdir(directory)) ++count;
  if (directory) closedir(directory);
  return count;
}

}  // namespace

Census take_census() {
  Census census;
  census.descriptors = static_cast<std::uint32_t>(harness::open_descriptors());
  census.mappings = lines_with("/proc/self/maps", "/memfd:");
  census.threads = threads();
  census.heap = mallinfo2().uordblks;
  return census;
}

}  // namespace mullion::fault
