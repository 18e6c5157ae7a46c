// A folder that nobody else may look into, and that goes with its owner.
#pragma once

#include <memory>
#include <string>

#include "mullion/base/error.hpp"

namespace mullion::cef {

class PrivateFolder {
 public:
  static Result<std::unique_ptr<PrivateFolder>> create();
  ~PrivateFolder();  // with all that is in it
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit PrivateFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace mullion::cef
