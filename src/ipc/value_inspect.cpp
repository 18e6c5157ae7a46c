#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "mullion/ipc/value.hpp"

namespace mullion {
namespace {

constexpr std::size_t most_elements = 100, most_text = 10000, most_output = 100000, most_levels = 2;

// As script writes a number: the shortest digits that read back as the same, positional from 1e-6 up to 1e21.
std::string place_point(std::string digits, int point) {
  int count = static_cast<int>(digits.size());
  if (point > 21 || point < -5) {
    if (count > 1) digits.insert(1, ".");
    return digits + (point > 0 ? "e+" : "e-") + std::to_string(std::abs(point - 1));
  }
  if (point <= 0) return "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  if (point >= count) return digits + std::string(static_cast<std::size_t>(point - count), '0');
  return digits.insert(static_cast<std::size_t>(point), ".");
}

std::string write_number(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  if (number == 0) return std::signbit(number) ? "-0" : "0";
  std::array<char, 32> text;
  auto end = std::to_chars(text.data(), text.data() + text.size(), std::abs(number), std::chars_format::scientific).ptr;
  std::string_view written(text.data(), end);
  auto e = written.find('e');
  int exponent = 0;
  std::from_chars(written.data() + e + (written[e + 1] == '+' ? 2 : 1), end, exponent);
  std::string digits(1, written[0]);
  if (e > 2) digits.append(written.substr(2, e - 2));
  return (number < 0 ? "-" : "") + place_point(digits, exponent + 1);
}

// Decimal digits of a number of any size; above 4096 bytes only its size is told.
std::string write_bigint(const Value& value) {
  auto rest = value.magnitude();
  std::string sign = value.negative() ? "-" : "";
  if (rest.size() > 4096) return sign + "[bigint of " + std::to_string(rest.size()) + " bytes]";
  std::string digits;
  while (!rest.empty()) {
    unsigned remainder = 0;
    for (std::size_t i = rest.size(); i-- > 0;) {
      remainder = remainder << 8 | std::to_integer<unsigned>(rest[i]);
      rest[i] = static_cast<std::byte>(remainder / 10);
      remainder %= 10;
    }
    digits.insert(digits.begin(), static_cast<char>('0' + remainder));
    while (!rest.empty() && rest.back() == std::byte{0}) rest.pop_back();
  }
  return sign + (digits.empty() ? "0" : digits) + "n";
}

std::string write_date(double milliseconds) {
  if (!(std::abs(milliseconds) <= 8.64e15)) return "Invalid Date";
  double seconds = std::floor(milliseconds / 1000);
  auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (gmtime_r(&time, &parts) == nullptr) return "Invalid Date";
  int year = parts.tm_year + 1900;
  auto rest = static_cast<int>(milliseconds - seconds * 1000);
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), year < 0 || year > 9999 ? "%+07d" : "%04d", year);
  std::string date = text.data();
  std::snprintf(text.data(), text.size(), "-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_mon + 1, parts.tm_mday,
                parts.tm_hour, parts.tm_min, parts.tm_sec, rest);
  return date + text.data();
}

// A control character can tell a terminal anything.
std::string escape(std::string_view text, char quote) {
  std::string escaped;
  for (char c : text.substr(0, most_text)) {
    auto byte = static_cast<unsigned char>(c);
    std::array<char, 8> code;
    if (c == '\n') {
      escaped += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      std::snprintf(code.data(), code.size(), "\\x%02X", static_cast<unsigned>(byte));
      escaped += code.data();
    } else {
      if (quote != 0 && (c == quote || c == '\\')) escaped += '\\';
      escaped += c;
    }
  }
  if (text.size() > most_text) escaped += "... " + std::to_string(text.size() - most_text) + " more bytes";
  return escaped;
}

std::string write_text(std::string_view text) { return "'" + escape(text, '\'') + "'"; }

bool is_identifier(std::string_view key) {
  auto is_word = [](char c) { return c == '_' || c == '$' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (key.empty() || !is_word(key[0])) return false;
  for (char c : key) {
    if (!is_word(c) && (c < '0' || c > '9')) return false;
  }
  return true;
}

std::string write_key(std::string_view key) { return is_identifier(key) ? std::string(key) : write_text(key); }

class Inspector {
 public:
  void value(const Value& value);
  std::string take() { return std::move(out_); }

 private:
  void scalar(const Value& value);
  void bytes(const Value& value);
  void error(const Value& value);
  void container(const Value& value);
  template <class Items, class Write>
  void list(std::string_view prefix, std::string_view brackets, const Items& items, Write write);

  std::string out_;
  std::size_t level_ = 0;
};

template <class Items, class Write>
void Inspector::list(std::string_view prefix, std::string_view brackets, const Items& items, Write write) {
  std::string_view comma = brackets == "<>" ? " " : ", ";
  out_.append(prefix).append(brackets.substr(0, 1));
  std::size_t count = 0;
  for (const auto& item : items) {
    if (count == most_elements || out_.size() > most_output) break;
    out_.append(count++ == 0 ? " " : comma);
    write(item);
  }
  if (count < items.size()) {
    out_.append(count == 0 ? " " : comma).append("... ").append(std::to_string(items.size() - count)).append(" more");
  }
  out_.append(items.empty() ? "" : " ").append(brackets.substr(1));
}

void Inspector::bytes(const Value& value) {
  static constexpr std::string_view names[] = {"Int8Array",   "Uint8Array",   "Uint8ClampedArray", "Int16Array",
                                               "Uint16Array", "Int32Array",   "Uint32Array",       "Float32Array",
                                               "Float64Array", "BigInt64Array", "BigUint64Array",  "DataView",
                                               "ArrayBuffer"};
  std::string prefix(names[static_cast<std::size_t>(value.view())]);
  prefix += "(" + std::to_string(value.size()) + " bytes) ";
  list(prefix, "<>", value.bytes(), [this](std::byte byte) {
    std::array<char, 4> hex;
    std::snprintf(hex.data(), hex.size(), "%02x", std::to_integer<unsigned>(byte));
    out_ += hex.data();
  });
}

void Inspector::error(const Value& value) {
  out_.append("[").append(escape(value.string("name"), 0)).append(": ").append(escape(value.string("message"), 0));
  for (std::string_view key : {"code", "kind"}) {
    if (const Value& part = value[key]; !part.is_undefined()) {
      out_.append(", ").append(key).append(": ");
      this->value(part);
    }
  }
  out_ += ']';
}

void Inspector::container(const Value& value) {
  auto element = [this](const Value& item) { item.is_hole() ? void(out_ += "<empty>") : this->value(item); };
  auto member = [this](const Value::Member& item) {
    out_.append(write_key(item.key)).append(": ");
    this->value(item.value);
  };
  auto entry = [this](const Value::Entry& item) {
    this->value(item.key);
    out_ += " => ";
    this->value(item.value);
  };
  std::string size = "(" + std::to_string(value.size()) + ") ";
  switch (value.type()) {
    case Value::Type::array: return list("", "[]", value.elements(), element);
    case Value::Type::set: return list("Set" + size, "{}", value.elements(), element);
    case Value::Type::map: return list("Map" + size, "{}", value.entries(), entry);
    case Value::Type::error: return error(value);
    default: return list("", "{}", value.members(), member);
  }
}

void Inspector::scalar(const Value& value) {
  switch (value.type()) {
    case Value::Type::undefined: out_ += "undefined"; break;
    case Value::Type::null: out_ += "null"; break;
    case Value::Type::boolean: out_ += value.boolean() ? "true" : "false"; break;
    case Value::Type::number: out_ += write_number(value.number()); break;
    case Value::Type::bigint: out_ += write_bigint(value); break;
    case Value::Type::string: out_ += write_text(value.string()); break;
    case Value::Type::date: out_ += write_date(value.time()); break;
    case Value::Type::regexp:
      out_ += "/" + escape(value.string("source"), 0) + "/" + escape(value.string("flags"), 0);
      break;
    case Value::Type::shared_buffer: out_ += "[SharedBuffer " + std::to_string(value.shared_buffer()) + "]"; break;
    case Value::Type::port: out_ += "[MessagePort " + std::to_string(value.port()) + "]"; break;
    default: bytes(value);
  }
}

void Inspector::value(const Value& value) {
  if (value.is_boxed()) {
    out_ += "[Boxed: ";
    scalar(value.unboxed());
    out_ += ']';
  } else if (value.depth() == 0) {
    scalar(value);
  } else if (level_ > most_levels) {
    out_ += value.is_array() ? "[Array]" : value.is_map() ? "[Map]" : value.is_set() ? "[Set]" : "[Object]";
  } else {
    ++level_;
    container(value);
    --level_;
  }
}

}  // namespace

std::string Value::inspect() const {
  Inspector inspector;
  inspector.value(*this);
  return inspector.take();
}

}  // namespace mullion
