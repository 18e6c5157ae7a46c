// The renderer's half of reading files: main reads, a part at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "headless/load/resource.hpp"
#include "mullion/ipc/value.hpp"

namespace mullion::headless {

// A FileProvider whose answers come from main. Loop thread.
class MainFiles {
 public:
  using Tell = std::move_only_function<void(Value message)>;
  explicit MainFiles(Tell tell) : tell_(std::move(tell)) {}

  void read(const std::string& path, const std::optional<std::string>& reader, ResourceAnswer answer);
  void answered(const Value& message);  // "file"

 private:
  struct Reading {
    std::string path;
    std::optional<std::string> reader;
    ResourceAnswer answer;
    Resource have{};
  };
  void ask(std::uint32_t number, const Reading& reading);

  Tell tell_;
  std::uint32_t asked_ = 0;
  std::map<std::uint32_t, Reading> readings_;
};

}  // namespace mullion::headless
