#include "text_index.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <mullion/base/unique_fd.hpp>

#include <algorithm>
#include <cstring>

using namespace mullion;

namespace {

constexpr std::uint64_t piece = 8 << 20;
constexpr std::uint64_t lines_per_mark = 256;

std::uint64_t line_end(std::string_view text, std::uint64_t from) {
  auto end = text.find('\n', from);
  return end == text.npos ? text.size() : end;
}

}  // namespace

Result<TextIndex> TextIndex::open(std::string path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!file || fstat(file.get(), &status) != 0) return std::unexpected(errno_error(path));
  auto size = static_cast<std::size_t>(status.st_size);
  void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) return std::unexpected(errno_error(path));
  return TextIndex(std::move(path), {static_cast<const char*>(memory), size});
}

TextIndex::TextIndex(TextIndex&& other) noexcept
    : path_(std::move(other.path_)),
      text_(std::exchange(other.text_, {})),
      indexed_(other.indexed_),
      lines_(other.lines_),
      marks_(std::move(other.marks_)) {}

TextIndex::~TextIndex() {
  if (!text_.empty()) munmap(const_cast<char*>(text_.data()), text_.size());
}

Result<bool> TextIndex::index_more() {
  auto end = std::min<std::uint64_t>(indexed_ + piece, text_.size());
  if (auto* nul = std::memchr(text_.data() + indexed_, 0, end - indexed_)) {
    auto at = static_cast<std::uint64_t>(static_cast<const char*>(nul) - text_.data());
    return std::unexpected(Error{.kind = Kind::invalid,
                                 .code = "ENOTEXT",
                                 .message = path_ + ": not a text file: a NUL byte at offset " + std::to_string(at)});
  }
  while (indexed_ < end) {
    auto* newline = static_cast<const char*>(std::memchr(text_.data() + indexed_, '\n', end - indexed_));
    if (!newline) break;
    indexed_ = static_cast<std::uint64_t>(newline - text_.data()) + 1;
    if (++lines_ % lines_per_mark == 0) marks_.push_back(indexed_);
  }
  indexed_ = end;
  return indexed_ < text_.size();
}

std::uint64_t TextIndex::line_number(std::uint64_t offset) const {
  auto mark = std::upper_bound(marks_.begin(), marks_.end(), offset) - 1;
  auto before = static_cast<std::uint64_t>(mark - marks_.begin()) * lines_per_mark;
  return before + 1 +
         static_cast<std::uint64_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(*mark),
                                               text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

void TextIndex::step(Search& search, bool with_path, std::string& into) const {
  auto stop = std::min<std::uint64_t>(search.at + piece, text_.size());
  while (search.at < stop && search.left > 0) {
    auto hit = text_.substr(0, line_end(text_, stop - 1)).find(search.query, search.at);
    if (hit == text_.npos) break;
    auto begin = hit == 0 ? 0 : text_.rfind('\n', hit - 1) + 1;
    auto end = line_end(text_, hit);
    if (with_path) into.append(path_).append(":");
    into.append(std::to_string(line_number(begin))).append(":").append(text_.substr(begin, end - begin)).append("\n");
    search.at = end + 1;
    --search.left;
  }
  search.at = search.left ? std::max(search.at, std::min<std::uint64_t>(line_end(text_, stop - 1) + 1, text_.size()))
                          : text_.size();
}
