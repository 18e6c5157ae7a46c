// A text file in memory, with an index of its lines.
#pragma once

#include <mullion/base/error.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

class TextIndex {
 public:
  static mullion::Result<TextIndex> open(std::string path);
  TextIndex(TextIndex&& other) noexcept;
  TextIndex& operator=(TextIndex&&) = delete;
  ~TextIndex();

  std::uint64_t size() const { return text_.size(); }
  // Indexes the next piece; false when all is indexed. An error for a piece that is not text.
  mullion::Result<bool> index_more();

  // Calls `found` with each line that holds `query`, "NUMBER:LINE\n" (after "PATH:" when `with_path`), at most `limit`.
  // Returns how far it came; search on from there until it is size().
  struct Search {
    std::string query;
    std::uint64_t left;      // lines still wanted
    std::uint64_t at = 0;    // where to go on
  };
  // One step of at most a few MiB.
  void step(Search& search, bool with_path, std::string& into) const;

 private:
  TextIndex(std::string path, std::string_view text) : path_(std::move(path)), text_(text) {}
  std::uint64_t line_number(std::uint64_t offset) const;

  std::string path_;
  std::string_view text_;
  std::uint64_t indexed_ = 0;
  std::uint64_t lines_ = 0;
  std::vector<std::uint64_t> marks_{0};  // where every 256th line begins
};
