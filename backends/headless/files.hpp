// Main's half of what a page reads from files: the renderer opens none.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headless/load/file.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::headless {

// What a renderer asks for. It is believed about none of it: `reader` can only narrow what it gets.
struct FileAsk {
  std::string path{};
  std::optional<std::string> reader{};  // the document that reads; none is the program itself
  std::uint64_t from = 0;
};

// Reads, on a thread of its own, what the renderer of one view may have: the very files that the program had shown
// there, and what lies in their folders or below. Loop thread.
//
// - One part of a file is read at a time; a renderer that has more than 256 waiting is refused.
// - Nothing is answered after its end.
class Files {
 public:
  static constexpr std::size_t part_bytes = std::size_t{4} << 20;
  static constexpr std::size_t most_waiting = 256;
  static constexpr std::size_t longest_path = 4096;

  explicit Files(Loop& loop) : loop_(loop) {}

  void grant(std::string_view url);  // the program wants it shown; other URLs than file: ones grant nothing
  void committed();                  // what was granted last is shown: what was before is not any more
  void forget();                     // the renderer is another process
  using Answer = std::move_only_function<void(std::expected<FilePart, NetError>)>;
  void read(FileAsk ask, Answer answer);

 private:
  struct Waiting {
    FileAsk ask;
    Answer answer;
  };
  void next();
  bool start(FileAsk ask);
  void finished(std::expected<FilePart, NetError> part);

  Loop& loop_;
  std::vector<std::string> granted_;  // paths; "" where a load granted nothing
  std::deque<Waiting> waiting_;       // the first is being read if `reading_`
  bool reading_ = false;
  std::shared_ptr<void> alive_ = std::make_shared<int>();
};

}  // namespace mullion::headless
