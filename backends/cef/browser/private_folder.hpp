// A folder that nobody else may look into, and that goes with its owner.
#pragma once

#include <memory>
#include <string>

#include "mullion/base/error.hpp"
#include "mullion/base/unique_fd.hpp"

namespace mullion::cef {

// Its owner holds a lock on it. A folder whose owner was killed goes when the next one is made.
class PrivateFolder {
 public:
  static Result<std::unique_ptr<PrivateFolder>> create();
  ~PrivateFolder();  // with all that is in it
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  PrivateFolder(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  UniqueFd lock_;
};

}  // namespace mullion::cef
