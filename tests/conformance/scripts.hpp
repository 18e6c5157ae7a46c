// The script preloads of the cases. Private to the kit.
#pragma once

#include <string>

namespace mullion::conformance {

// The scripts as files in a folder of their own, which goes with this.
class Scripts {
 public:
  Scripts();
  ~Scripts();
  Scripts(const Scripts&) = delete;
  Scripts& operator=(const Scripts&) = delete;
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  std::string folder_;
};

}  // namespace mullion::conformance
