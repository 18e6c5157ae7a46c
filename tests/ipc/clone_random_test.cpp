#include <doctest/doctest.h>

#include <bit>
#include <random>

#include "hex.hpp"
#include "mullion/ipc/value.hpp"

using namespace mullion;

void clone_fuzz(Bytes input);  // tests/fuzz/clone_fuzz.cpp

namespace {

// Values of all types, the same ones on every machine.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  Value value(int depth) {
    if (!made_.empty() && below(6) == 0) return made_[below(made_.size())];
    Value made = depth > 0 && below(3) != 0 ? container(depth - 1) : scalar();
    if (below(2) == 0) made_.push_back(made);
    return made;
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::uint64_t bits() { return std::uint64_t{random_()} << 32 | random_(); }
  std::string text() {
    static constexpr std::string_view pieces[] = {"a", "key", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\0", "'", "__proto__"};
    std::string text;
    for (std::size_t i = below(6); i > 0; --i) text += pieces[below(std::size(pieces))];
    return text;
  }
  std::vector<std::byte> blob() {
    std::vector<std::byte> bytes(below(20));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_());
    return bytes;
  }
  Value view() {
    Value buffer = Value::array_buffer(std::vector<std::byte>(64));
    return Value::view(static_cast<Value::View>(below(12)), buffer, 8 * below(4), below(4)).value();
  }
  Value scalar() {
    switch (below(16)) {
      case 0: return Value();
      case 1: return nullptr;
      case 2: return below(2) == 0;
      case 3: return static_cast<std::int32_t>(random_());
      case 4: return std::bit_cast<double>(bits());
      case 5: return static_cast<std::int64_t>(bits());
      case 6: return Value::bigint(below(2) == 0, blob());
      case 7: return blob();
      case 8: return Value::array_buffer(blob());
      case 9: return view();
      case 10: return Value::date(static_cast<double>(random_()) * 1000);
      case 11: return Value::regexp(text(), "gi");
      case 12: return Value::port(static_cast<std::uint32_t>(below(4)));
      case 13: return Value::boxed(text());
      default: return text();
    }
  }
  std::vector<Value> values(int depth) {
    std::vector<Value> values;
    for (std::size_t i = below(5); i > 0; --i) values.push_back(value(depth));
    return values;
  }
  Value list(int depth) {
    auto elements = values(depth);
    if (below(4) == 0) elements.push_back(Value::hole());
    return Value::array(std::move(elements));
  }
  Value object(int depth) {
    std::vector<Value::Member> members;
    for (std::size_t i = below(20); i > 0; --i) members.push_back({text(), value(depth)});
    return Value::object(std::move(members));
  }
  Value map(int depth) {
    std::vector<Value::Entry> entries;
    for (std::size_t i = below(4); i > 0; --i) entries.push_back({value(depth), value(depth)});
    return Value::map(std::move(entries));
  }
  Value container(int depth) {
    switch (below(5)) {
      case 0: return list(depth);
      case 1: return Value::set(values(depth));
      case 2: return map(depth);
      case 3: return Value::error({.name = text(), .message = text(), .data = value(depth), .cause = value(depth)});
      default: return object(depth);
    }
  }

  std::mt19937 random_;
  std::vector<Value> made_;
};

}  // namespace

TEST_CASE("clone: whatever a value holds comes back equal, and is written the same again") {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    Value value = Generator(seed).value(5);
    auto bytes = encode(value);
    auto back = decode(bytes);
    REQUIRE(back);
    CHECK(*back == value);
    CHECK(back->depth() == value.depth());
    auto again = encode(*back);
    CHECK(decode(again).value() == value);
    CHECK(encode(decode(again).value()) == again);
  }
}

TEST_CASE("clone: the fuzz target holds over what a generator writes, whole, cut and damaged") {
  std::mt19937 random(7);
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    auto bytes = encode(Generator(seed).value(4));
    clone_fuzz(bytes);
    for (int i = 0; i < 50 && !bytes.empty(); ++i) {
      auto damaged = bytes;
      damaged[random() % damaged.size()] = static_cast<std::byte>(random());
      clone_fuzz(damaged);
      clone_fuzz(Bytes(damaged).first(random() % damaged.size()));
    }
  }
}
