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
  std::uint64_t indexed() const { return indexed_; }
  // Indexes the next piece; false when all is indexed. An error for a piece that is not text.
  mullion::Result<bool> index_more();

  // A search goes in steps of a few MiB, until `at` is size().
  struct Search {
    std::string query;
    std::uint64_t left;    // lines still wanted
    std::uint64_t at = 0;  // where to go on
  };
  // Appends the lines that hold the query as grep -n prints them: "NUMBER:LINE\n", after "PATH:" when `with_path`.
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
