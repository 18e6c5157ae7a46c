// Main's side of the hello: takes renderer processes in, and knows which of Chromium's children each of them is.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "cef/app/hello.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::cef {

// Its peers are the zygotes, and through them each renderer, which says who it is before any page can make it lie; what
// comes later over a renderer's own link is believed of that renderer alone.
class HelloServer {
 public:
  using Adopt = std::move_only_function<Result<>(UniqueFd link)>;
  // `folder` is private to this user.
  static Result<std::unique_ptr<HelloServer>> create(Loop& loop, const std::string& folder, Adopt adopt);
  HelloServer(const HelloServer&) = delete;
  HelloServer& operator=(const HelloServer&) = delete;

  const std::string& path() const { return path_; }
  int child_of(int pid) const;  // 0: it never said hello
  // A renderer may shut the socket that it shares with those that come later: then no view gets one that can join.
  bool is_cut_off() const { return cut_off_; }
  static const char* const is_cut_off_text;

 private:
  struct Peer {
    UniqueFd socket;
    UniqueFd process;
    bool is_renderer = false;  // there is no zygote
    FdWatch watch;
    Timer patience;
  };
  struct Known {
    int child = 0;
    UniqueFd process;
  };
  HelloServer(Loop& loop, std::string path, UniqueFd listener, Adopt adopt);
  void accept();
  void read(int socket);
  void peer_ended(int socket);
  bool take(Hello& hello);
  bool is_new(int pid, int child);
  void refused();

  Loop& loop_;
  std::string path_;
  UniqueFd listener_;
  Adopt adopt_;
  FdWatch watch_;
  std::unordered_map<int, Peer> peers_;
  std::unordered_map<int, Known> known_;
  int refused_ = 0;
  bool cut_off_ = false;
};

}  // namespace mullion::cef
