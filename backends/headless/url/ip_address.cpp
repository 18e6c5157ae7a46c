// IPv4 in all its forms (0x7f.1 is 127.0.0.1) and IPv6.
#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "headless/url/host.hpp"
#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

std::vector<std::string_view> split_dots(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;;) {
    auto dot = text.find('.', at);
    parts.push_back(text.substr(at, dot - at));
    if (dot == std::string_view::npos) break;
    at = dot + 1;
  }
  if (parts.size() > 1 && parts.back().empty()) parts.pop_back();
  return parts;
}

// A decimal, octal (0…) or hexadecimal (0x…) number; values beyond 2^40 stay there, which is too large anywhere.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty()) return {};
  int radix = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    radix = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    radix = 8;
    text.remove_prefix(1);
  }
  std::uint64_t value = 0;
  for (char c : text) {
    int digit = hex_value(c);
    if (digit < 0 || digit >= radix) return {};
    value =
        std::min(value * static_cast<std::uint64_t>(radix) + static_cast<std::uint64_t>(digit), std::uint64_t{1} << 40);
  }
  return value;
}

std::string dotted(std::uint64_t address) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (!out.empty()) out += '.';
    out += std::to_string((address >> shift) & 255);
  }
  return out;
}

using Pieces = std::array<std::uint16_t, 8>;

class Ipv6Reader {
 public:
  explicit Ipv6Reader(std::string_view text) : text_(text) {}

  std::optional<Pieces> read() {
    if (peek() == ':') {
      if (peek(1) != ':') return {};
      at_ += 2;
      compress_ = ++piece_;
    }
    while (peek() != end)
      if (!read_piece()) return {};
    return finish();
  }

 private:
  static constexpr int end = -1;

  int peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? static_cast<unsigned char>(text_[at_ + ahead]) : end;
  }

  bool read_piece() {
    if (piece_ == 8) return false;
    if (peek() == ':') return start_compression();
    int value = 0;
    int length = 0;
    for (; length < 4 && peek() != end && hex_value(text_[at_]) >= 0; ++length)
      value = value * 16 + hex_value(text_[at_++]);
    if (peek() == '.') {
      at_ -= static_cast<std::size_t>(length);
      return length > 0 && piece_ <= 6 && read_ipv4();
    }
    if (peek() == ':') {
      ++at_;
      if (peek() == end) return false;
    } else if (peek() != end) {
      return false;
    }
    pieces_[static_cast<std::size_t>(piece_++)] = static_cast<std::uint16_t>(value);
    return true;
  }

  bool start_compression() {
    if (compress_ >= 0) return false;
    ++at_;
    compress_ = ++piece_;
    return true;
  }

  bool read_ipv4() {
    int seen = 0;
    for (; peek() != end; ++seen) {
      if (seen > 0 && (peek() != '.' || seen >= 4)) return false;
      if (seen > 0) ++at_;
      int value = read_octet();
      if (value < 0) return false;
      auto& piece = pieces_[static_cast<std::size_t>(piece_)];
      piece = static_cast<std::uint16_t>(piece * 256 + value);
      if (seen % 2 == 1) ++piece_;
    }
    return seen == 4;
  }

  int read_octet() {
    if (!is_digit(peek())) return -1;
    int value = 0;
    for (bool first = true; is_digit(peek()); first = false, ++at_) {
      if (!first && value == 0) return -1;
      value = value * 10 + (peek() - '0');
      if (value > 255) return -1;
    }
    return value;
  }

  std::optional<Pieces> finish() {
    if (compress_ < 0) return piece_ == 8 ? std::optional(pieces_) : std::nullopt;
    auto move = piece_ - compress_;
    for (int to = 7; to != 0 && move > 0; --to, --move)
      std::swap(pieces_[static_cast<std::size_t>(to)], pieces_[static_cast<std::size_t>(compress_ + move - 1)]);
    return pieces_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Pieces pieces_{};
  int piece_ = 0;
  int compress_ = -1;
};

// The first of the longest runs of two or more zero pieces: {where, how many}.
std::pair<std::size_t, std::size_t> longest_zeros(const Pieces& pieces) {
  std::pair<std::size_t, std::size_t> best{8, 1};
  for (std::size_t i = 0, run = 0; i < 8; ++i) {
    run = pieces[i] == 0 ? run + 1 : 0;
    if (run > best.second) best = {i + 1 - run, run};
  }
  return best;
}

void append_hex(std::string& out, std::uint16_t value) {
  bool started = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    int digit = (value >> shift) & 15;
    started = started || digit != 0 || shift == 0;
    if (started) out += "0123456789abcdef"[digit];
  }
}

}  // namespace

bool ends_in_a_number(std::string_view host) {
  if (host == "." || host.empty()) return false;
  auto last = split_dots(host).back();
  bool digits = !last.empty();
  for (char c : last) digits = digits && is_digit(c);
  return digits || parse_number(last).has_value();
}

std::optional<std::string> parse_ipv4(std::string_view text) {
  auto parts = split_dots(text);
  if (parts.size() > 4) return {};
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto number = parse_number(parts[i]);
    bool last = i + 1 == parts.size();
    if (!number || *number > (last ? (std::uint64_t{1} << (8 * (4 - i))) - 1 : 255)) return {};
    address |= last ? *number : *number << (8 * (3 - i));
  }
  return dotted(address);
}

std::optional<std::string> parse_ipv6(std::string_view text) {
  auto pieces = Ipv6Reader(text).read();
  if (!pieces) return {};
  auto [zeros, length] = longest_zeros(*pieces);
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == zeros) {
      out += i == 0 ? "::" : ":";
      i += length - 1;
      continue;
    }
    append_hex(out, (*pieces)[i]);
    if (i != 7) out += ':';
  }
  return out;
}

}  // namespace mullion::headless
