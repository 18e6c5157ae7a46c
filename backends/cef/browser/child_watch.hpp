// Sees Chromium's processes end that show no page: CEF tells of none of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cef/browser/process_end.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::cef {

// Each process announces itself once (app/announce.hpp); what it is for its command line says, which one that was
// forked off a zygote has only in a moment. An end that was none of a failure, exit code 0, is not told.
class ChildWatch {
 public:
  // type, in Electron's words: "GPU", "Utility", "Zygote", and "Unknown" of one that ended at once.
  using Gone = std::move_only_function<void(std::string_view type, const ProcessEnd& end)>;
  // `folder` is private to this user.
  static Result<std::unique_ptr<ChildWatch>> create(Loop& loop, const std::string& folder, Gone gone);
  ChildWatch(const ChildWatch&) = delete;
  ChildWatch& operator=(const ChildWatch&) = delete;

  const std::string& path() const { return path_; }

 private:
  struct Child {
    UniqueFd process;
    FdWatch end;
    std::string type = "Unknown";
    Timer look_again;
    int looks = 0;
  };
  ChildWatch(Loop& loop, std::string path, UniqueFd listener, Gone gone);
  void accept();
  void look_at(int pid);
  void ended(int pid);

  Loop& loop_;
  std::string path_;
  UniqueFd listener_;
  Gone gone_;
  FdWatch watch_;
  std::unordered_map<int, Child> children_;
};

}  // namespace mullion::cef
