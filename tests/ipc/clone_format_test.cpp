#include <doctest/doctest.h>

#include <fstream>

#include "hex.hpp"
#include "mullion/ipc/value.hpp"

using namespace mullion;

namespace {

std::string code_of(std::string_view hex, const DecodeLimits& limits = {}) {
  auto value = decode(from_hex(hex), limits);
  return value ? "decoded " + value->inspect() : value.error().code;
}

struct Vector {
  char mark;
  std::string hex, expected;
};

std::vector<Vector> read_vectors() {
  std::ifstream file(CLONE_VECTORS);
  std::vector<Vector> vectors;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    auto end = line.find(" |", 3);
    vectors.push_back({line[0], line.substr(4, end < 4 ? 0 : end - 4), line.substr(end + 3)});
  }
  return vectors;
}

std::string repeat(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result.append(text);
  return result;
}

}  // namespace

TEST_CASE("clone: every vector reads as the file says, and is written back the same where it says so") {
  auto vectors = read_vectors();
  REQUIRE(vectors.size() > 80);
  for (const auto& [mark, hex, expected] : vectors) {
    CAPTURE(hex);
    auto value = decode(from_hex(hex));
    if (mark == '!') {
      CHECK(code_of(hex) == expected);
      continue;
    }
    REQUIRE(value);
    CHECK(value->inspect() == expected);
    if (mark == '=') CHECK(to_hex(encode(*value)) == hex);
    if (mark == '~') CHECK(to_hex(encode(*value)) != hex);
    CHECK(decode(encode(*value)).value() == *value);
  }
}

TEST_CASE("clone: every prefix of a message is refused as truncated") {
  for (const auto& [mark, hex, expected] : read_vectors()) {
    auto bytes = from_hex(hex);
    for (std::size_t length = 0; mark != '!' && length < bytes.size(); ++length) {
      CAPTURE(hex);
      CAPTURE(length);
      auto cut = decode(Bytes(bytes).first(length));
      REQUIRE_FALSE(cut);
      CHECK(cut.error().code == "truncated");
      CHECK(cut.error().kind == Kind::invalid);
    }
  }
}

TEST_CASE("clone: what is reached twice arrives as one, what is equal does not") {
  Value shared{{"a", 1}};
  Value same = decode(encode(Value::array({shared, shared, Value{{"a", 1}}}))).value();
  CHECK(same[0].members().data() == same[1].members().data());
  CHECK(same[0].members().data() != same[2].members().data());
  CHECK(to_hex(encode(Value::array({shared, shared}))) == "01 0e 02 10 01 07 01 61 04 02 13 01");
}

TEST_CASE("clone: bytes from C++ are a Uint8Array with a number of its own and one for its buffer") {
  Value bytes(from_hex("aa"));
  CHECK(to_hex(encode(bytes)) == "01 0a 01 00 01 09 01 aa");
  CHECK(to_hex(encode(Value::array({bytes, bytes}))) == "01 0e 02 0a 01 00 01 09 01 aa 13 01");
  Value after = Value::array();
  CHECK(to_hex(encode(Value::array({bytes, after, after}))) == "01 0e 03 0a 01 00 01 09 01 aa 0e 00 13 03");
}

TEST_CASE("clone: two views of one buffer stay views of one buffer") {
  Value buffer = Value::array_buffer(from_hex("01 02 03 04"));
  Value views = Value::array({*Value::view(Value::View::uint8, buffer, 0, 2), *Value::view(Value::View::int8, buffer, 1, 2)});
  buffer = nullptr;
  Value back = decode(encode(views)).value();
  CHECK(back[0].bytes().data() + 1 == back[1].bytes().data());
  CHECK(to_hex(back[1].bytes()) == "02 03");
  CHECK(back[1].view() == Value::View::int8);
}

TEST_CASE("clone: a value that contains itself is refused by name") {
  CHECK(code_of("01 0e 01 13 00") == "cyclic");
  CHECK(code_of("01 10 01 07 01 61 0e 01 13 00") == "cyclic");
  CHECK(code_of("01 11 01 13 00 01") == "cyclic");
  CHECK(code_of("01 0d 07 00 07 00 00 00 00 00 13 00") == "cyclic");
  CHECK(code_of("01 0a 01 00 00 13 00") == "cyclic");
}

TEST_CASE("clone: text that is not UTF-8 arrives with U+FFFD in place of each wrong sequence") {
  CHECK(decode(encode(Value("a\xff" "b"))).value() == "a\xEF\xBF\xBD" "b");
  CHECK(decode(encode(Value("\xe2\x82"))).value() == "\xEF\xBF\xBD");
  CHECK(decode(encode(Value("\xc0\x80"))).value() == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(decode(encode(Value("\xed\xa0\x80"))).value().size() == 9);
  CHECK(decode(encode(Value{{"k\xff", 1}})).value().contains("k\xEF\xBF\xBD"));
  CHECK(decode(encode(Value("longer than eight \xf0\x9f\x98\x80 bytes"))).value() == "longer than eight \xf0\x9f\x98\x80 bytes");
}

TEST_CASE("clone: a SharedBuffer's index is checked against the buffers that came along") {
  CHECK(decode(from_hex("01 1b 01"), {.buffers = 2}).value() == Value::shared_buffer(1));
  CHECK(code_of("01 1b 02", {.buffers = 2}) == "bad-buffer");
  CHECK(code_of("01 1b 00", {.buffers = 0}) == "bad-buffer");
  CHECK(to_hex(encode(Value::array({Value::shared_buffer(3), Value::port(3)}))) == "01 0e 02 1b 03 14 03");
  CHECK(Value::shared_buffer(1).inspect() == "[SharedBuffer 1]");
  CHECK_FALSE(Value::shared_buffer(1) == Value::port(1));
}

TEST_CASE("clone: a port's index is checked against the ports that came along") {
  CHECK(decode(from_hex("01 14 01"), {.ports = 2}).value() == Value::port(1));
  CHECK(code_of("01 14 02", {.ports = 2}) == "bad-port");
  CHECK(code_of("01 14 00", {.ports = 0}) == "bad-port");
  CHECK(to_hex(encode(Value::array({Value::port(0), Value::port(0)}))) == "01 0e 02 14 00 14 00");
}

TEST_CASE("clone: containers nest a thousand deep and no deeper") {
  CHECK(decode(from_hex("01" + repeat("0e 01", 999) + "0e 00")));
  CHECK(code_of("01" + repeat("0e 01", 1000) + "0e 00") == "too-deep");
  CHECK(code_of("01" + repeat("0e 01", 1000) + "01").starts_with("decoded"));
  CHECK(code_of("01" + repeat("11 01 01", 1000) + "12 00") == "too-deep");
  CHECK(code_of("01" + repeat("0e 01", 1000) + "0b 00 00 00 00 00 00 00 00").starts_with("decoded"));
  CHECK(code_of("01 0e 01 0e 01 0e 00", {.depth = 2}) == "too-deep");
}

TEST_CASE("clone: a value that is too deep to be received is written so that it is refused") {
  Value chain = 7;
  for (int i = 0; i < 1000; ++i) chain = Value::array({chain});
  CHECK(chain.depth() == 1000);
  CHECK(decode(encode(chain)).value() == chain);
  chain = Value::array({chain});
  CHECK(decode(encode(chain)).error().code == "too-deep");
  for (int i = 0; i < 200'000; ++i) chain = Value{{"k", chain}};
  auto bytes = encode(chain);
  CHECK(bytes.size() < 10'000);
  CHECK(decode(bytes).error().code == "too-deep");
}

TEST_CASE("clone: sharing cannot make a small message cost more than a large one") {
  std::string bomb = "01" + repeat("0e 02", 30) + "0e 00";
  for (int i = 29; i >= 0; --i) bomb += " 13 " + to_hex(std::vector{static_cast<std::byte>(i + 1)});
  CHECK(code_of(bomb) == "too-large");
  CHECK(code_of("01 07 05 61 61 61 61 61", {.cost = 4}) == "too-large");
}

TEST_CASE("clone: counts are paid for before anything is allocated for them") {
  std::string many = "01" + repeat("0e ff ff 03", 900);
  many += repeat(" 00", 65536);
  CHECK(code_of(many, {.cost = 1 << 20}) == "too-large");
}

TEST_CASE("clone: encode appends where it is told to") {
  std::vector<std::byte> out = from_hex("ff");
  encode(Value(true), out);
  CHECK(to_hex(out) == "ff 01 03");
}

TEST_CASE("clone: an error says where") {
  CHECK(decode(from_hex("01 0e 02 01")).error().message.starts_with("clone: a count that the message has no room for"));
  CHECK(decode(from_hex("01 17")).error().message == "clone: no value at byte 2");
}
