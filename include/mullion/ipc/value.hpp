// Value: what can be cloned between processes, and between C++ and a page's script.
//
//   Value hit{{"line", 3}, {"text", "no warranty"}};            // an object
//   Value list = Value::array({1, "two", {{"three", 3}}});      // an array that holds an object
//   hit["line"].to<int>()        // Result<int>; an error says "expected an integer, found a string"
//   hit.string("text")           // the member if it is a string, else ""
//   list[2]["three"] == 3        // what is not there is undefined, never a crash
//
// - A Value is immutable and 16 bytes. Scalars live inside it, all else in shared nodes: a copy costs one atomic
//   increment. Threads: any; two threads may hold copies of one value.
// - Text is UTF-8. What is not is kept as it is here, and arrives with U+FFFD in place of each wrong sequence.
// - Integers that are safe in script (|n| < 2^53) become numbers, all others bigints; `to<std::int64_t>()` and the like
//   read both. char is not a number and not a string here: it does not convert.
// - One Value used in two places arrives as one object that is reached twice, as in script.
// - `{}` is undefined; the empty object is Value::object(), the empty array Value::array().
// - Values may nest 1000 deep on their way to another process; see depth().
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mullion/base/error.hpp"

namespace mullion {

using Bytes = std::span<const std::byte>;
class Value;

namespace detail {
struct Node;
void retain(Node* node) noexcept;
void release(Node* node) noexcept;
Node* text_node(std::string&& text);
Node* text_node(std::string_view text);
Node* bytes_node(std::vector<std::byte> bytes);

template <class T>
concept Character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                    std::same_as<T, char16_t> || std::same_as<T, char32_t>;
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !Character<T> && sizeof(T) <= 8;
template <class T>
concept Text = std::is_convertible_v<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;
template <class T>
concept Blob = std::is_convertible_v<const T&, Bytes>;
}  // namespace detail

class Value {
 public:
  enum class Type : std::uint8_t {
    undefined,
    null,
    boolean,
    number,
    bigint,
    string,
    bytes,  // an ArrayBuffer or a view of one; view() tells which
    date,
    regexp,
    error,
    array,
    object,
    map,
    set,
    boxed,  // new Number(1) and its like
    port,   // the index of a port that travels beside the value
    shared_buffer,  // the index of a SharedBuffer that does
  };
  // How script sees bytes. Bytes made in C++ arrive as a Uint8Array.
  enum class View : std::uint8_t {
    int8,
    uint8,
    uint8_clamped,
    int16,
    uint16,
    int32,
    uint32,
    float32,
    float64,
    bigint64,
    biguint64,
    data_view,
    array_buffer,
  };
  struct Field;   // {"key", value}, for writing objects down
  struct Member;  // key and value of an object
  struct Entry;   // key and value of a map
  struct Thrown;  // all parts of an error

  Value() noexcept = default;  // undefined
  Value(std::nullptr_t) noexcept : type_(Type::null) {}
  template <std::same_as<bool> B>
  Value(B boolean) noexcept : type_(Type::boolean), payload_{.boolean = boolean} {}
  template <std::floating_point F>
  Value(F number) noexcept : type_(Type::number), payload_{.number = static_cast<double>(number)} {}
  template <detail::Integer I>
  Value(I integer) noexcept;
  template <detail::Text S>
  Value(const S& text) : Value(Type::string, detail::text_node(std::string_view(text))) {}
  template <std::same_as<std::string> S>
  Value(S&& text) : Value(Type::string, detail::text_node(std::move(text))) {}
  template <detail::Blob B>
  Value(const B& bytes) : Value(copy_bytes(bytes)) {}
  template <std::same_as<std::vector<std::byte>> B>
  Value(B&& bytes) : Value(Type::bytes, detail::bytes_node(std::move(bytes))) {}
  // A vector of anything that converts becomes an array.
  template <class T>
    requires(!std::same_as<T, std::byte> && std::is_convertible_v<const T&, Value>)
  Value(const std::vector<T>& elements);
  Value(std::initializer_list<Field> fields);  // an object

  Value(const Value& other) noexcept
      : type_(other.type_), flavor_(other.flavor_), shared_(other.shared_), payload_(other.payload_) {
    if (shared_) detail::retain(payload_.node);
  }
  Value(Value&& other) noexcept { swap(other); }
  Value& operator=(Value other) noexcept {
    swap(other);
    return *this;
  }
  ~Value() {
    if (shared_) detail::release(payload_.node);
  }

  static Value undefined() { return {}; }
  static Value hole();  // an array's missing element; reads as undefined
  // Where one key stands twice the last one counts.
  static Value object(std::initializer_list<Field> fields = {});
  template <std::same_as<std::vector<Member>> V>
  static Value object(V members) {
    return make_object(std::move(members));
  }
  static Value array(std::initializer_list<Value> elements = {});
  template <std::same_as<std::vector<Value>> V>
  static Value array(V elements) {
    return make_list(Type::array, std::move(elements));
  }
  static Value set(std::initializer_list<Value> elements = {});
  template <std::same_as<std::vector<Value>> V>
  static Value set(V elements) {
    return make_list(Type::set, std::move(elements));
  }
  // The keys must be distinct; they are not compared here.
  static Value map(std::initializer_list<Entry> entries = {});
  template <std::same_as<std::vector<Entry>> V>
  static Value map(V entries) {
    return make_map(std::move(entries));
  }
  static Value date(double milliseconds);  // since 1970, UTC; NaN is script's Invalid Date
  static Value regexp(std::string_view source, std::string_view flags = {});
  static Value error(const Error& error);  // script's Error with code, kind and data
  static Value error(Thrown thrown);
  template <detail::Integer I>
  static Value bigint(I integer) noexcept {
    if constexpr (std::is_signed_v<I>) return from_signed(integer);
    return from_unsigned(integer);
  }
  static Value bigint(bool negative, Bytes magnitude);  // of any size, least significant byte first
  static Value array_buffer(std::vector<std::byte> bytes);
  // `invalid` where the view does not fit or `buffer` is no ArrayBuffer. Length counts elements.
  static Result<Value> view(View kind, const Value& buffer, std::size_t byte_offset, std::size_t length);
  static Value boxed(Value primitive);  // of a boolean, number, bigint or string; anything else comes back as it is
  static Value port(std::uint32_t index);
  static Value shared_buffer(std::uint32_t index);

  Type type() const noexcept { return type_; }
  bool is_undefined() const noexcept { return type_ == Type::undefined; }
  bool is_null() const noexcept { return type_ == Type::null; }
  bool is_boolean() const noexcept { return type_ == Type::boolean; }
  bool is_number() const noexcept { return type_ == Type::number; }
  bool is_bigint() const noexcept { return type_ == Type::bigint; }
  bool is_string() const noexcept { return type_ == Type::string; }
  bool is_bytes() const noexcept { return type_ == Type::bytes; }
  bool is_date() const noexcept { return type_ == Type::date; }
  bool is_regexp() const noexcept { return type_ == Type::regexp; }
  bool is_error() const noexcept { return type_ == Type::error; }
  bool is_array() const noexcept { return type_ == Type::array; }
  bool is_object() const noexcept { return type_ == Type::object; }
  bool is_map() const noexcept { return type_ == Type::map; }
  bool is_set() const noexcept { return type_ == Type::set; }
  bool is_boxed() const noexcept { return type_ == Type::boxed; }
  bool is_port() const noexcept { return type_ == Type::port; }
  bool is_shared_buffer() const noexcept { return type_ == Type::shared_buffer; }
  bool is_hole() const noexcept { return is_undefined() && flavor_ != 0; }

  // The whole value read as T, or `invalid`, code "type", which says what was expected and what was found.
  // T: bool, integers (from a number or bigint that fits), float and double, std::string, std::string_view (valid as
  // long as the value), Bytes (the same), std::vector<std::byte>, Error, Value, and std::vector of these.
  template <class T>
  Result<T> to() const;

  // What is asked for, or "", 0, false, no bytes where the value is something else. Nothing is converted, but number()
  // of a bigint is the nearest double. References and spans are valid as long as the value, so a temporary gives none.
  const std::string& string() const&;
  std::string string() && { return std::as_const(*this).string(); }
  double number() const;
  bool boolean() const { return is_boolean() && payload_.boolean; }
  Bytes bytes() const&;
  Bytes bytes() && = delete;
  View view() const;                         // of bytes
  double time() const;                       // of a date, milliseconds since 1970; NaN of anything else
  bool negative() const;                     // of a bigint
  std::vector<std::byte> magnitude() const;  // of a bigint, least significant byte first, empty for 0
  std::uint32_t port() const { return is_port() ? payload_.index : 0; }
  std::uint32_t shared_buffer() const { return is_shared_buffer() ? payload_.index : 0; }
  const Value& unboxed() const;  // the primitive inside a box; of anything else, itself

  // The same of a member: v.string("find") is v["find"].string().
  const std::string& string(std::string_view key) const& { return (*this)[key].string(); }
  std::string string(std::string_view key) && { return std::as_const(*this)[key].string(); }
  double number(std::string_view key) const { return (*this)[key].number(); }
  bool boolean(std::string_view key) const { return (*this)[key].boolean(); }
  Bytes bytes(std::string_view key) const& { return (*this)[key].bytes(); }
  Bytes bytes(std::string_view key) && = delete;

  // A member of an object, of an error (name, message, stack, code, kind, data, cause) or of a regexp (source, flags);
  // an element of an array or set. Undefined where there is none.
  const Value& operator[](std::string_view key) const&;
  const Value& operator[](std::size_t index) const&;
  Value operator[](std::string_view key) && { return std::as_const(*this)[key]; }
  Value operator[](std::size_t index) && { return std::as_const(*this)[index]; }
  bool contains(std::string_view key) const;
  // Elements, members, entries; bytes of a string or of bytes; else 0.
  std::size_t size() const;
  std::span<const Value> elements() const&;  // of an array or set
  std::span<const Member> members() const&;  // of an object, error or regexp, in order
  std::span<const Entry> entries() const&;   // of a map
  void elements() && = delete;
  void members() && = delete;
  void entries() && = delete;

  // How deep containers nest: 0 for a scalar, 1 for an array of scalars. A receiver refuses more than max_depth with
  // `invalid`, code "too-deep"; who sends may ask first.
  std::size_t depth() const;
  static constexpr std::size_t max_depth = 1000;
  // About the bytes of memory that the value takes, counted again for every place where a shared part stands.
  std::size_t cost() const;

  // Equal content: NaN equals NaN, 0 equals -0, the order of an object's members does not count, that of a map's
  // entries does, sharing does not. Values deeper than max_depth equal only their own copies.
  friend bool operator==(const Value& a, const Value& b) { return equal(a, b); }

  // As Node's console writes it, on one line: { line: 3, text: 'no warranty' }. For people: what is long or deep is
  // cut, control characters are escaped.
  std::string inspect() const;

 private:
  friend struct ValueAccess;
  union Payload {
    std::uint64_t bits;
    bool boolean;
    double number;
    std::int64_t integer;
    std::uint64_t natural;
    std::uint32_t index;
    detail::Node* node;
  };

  Value(Type type, detail::Node* node) noexcept : type_(type), shared_(true), payload_{.node = node} {}
  void swap(Value& other) noexcept {
    std::swap(type_, other.type_);
    std::swap(flavor_, other.flavor_);
    std::swap(shared_, other.shared_);
    std::swap(payload_, other.payload_);
  }
  static Value from_signed(std::int64_t integer) noexcept;
  static Value from_unsigned(std::uint64_t integer) noexcept;
  static Value copy_bytes(Bytes bytes);
  static Value make_list(Type type, std::vector<Value> elements);
  static Value make_map(std::vector<Entry> entries);
  static Value make_object(std::vector<Member> members);
  static bool equal(const Value& a, const Value& b);
  static bool equal_scalars(const Value& a, const Value& b);
  std::unexpected<Error> mismatch(std::string_view expected) const;
  static Error at_place(std::size_t index, Error error);  // in an array
  Result<std::int64_t> to_signed(std::int64_t least, std::int64_t most) const;
  Result<std::uint64_t> to_unsigned(std::uint64_t most) const;
  Result<Error> to_error() const;
  template <class T>
  Result<T> to_list() const;

  Type type_ = Type::undefined;
  std::uint8_t flavor_ = 0;  // undefined: 1 is a hole; bigint: 1 is unsigned
  bool shared_ = false;      // payload_.node is held
  Payload payload_{.bits = 0};
};

// Constructed from two things only, so that {"a"} and {1, 2} are errors and not members.
struct Value::Field {
  Field(std::string_view field_key, Value field_value) : key(field_key), value(std::move(field_value)) {}
  std::string_view key;
  Value value;
};

struct Value::Member {
  std::string key;
  Value value;
};

struct Value::Entry {
  Value key;
  Value value;
};

// What is undefined stands for a part that the error does not have.
struct Value::Thrown {
  std::string name = "Error";
  std::string message{};
  Value stack{};
  Value code{};
  Value kind{};
  Value data{};
  Value cause{};
};

// The clone format: src/protocol/clone.md.
//
// encode cannot fail: whatever a Value holds can be cloned. It appends to `out` where one is given.
std::vector<std::byte> encode(const Value& value);
void encode(const Value& value, std::vector<std::byte>& out);

// What one message may cost whoever decodes it.
struct DecodeLimits {
  std::size_t depth = Value::max_depth;
  std::size_t cost = std::size_t{256} << 20;  // of the result, see Value::cost()
  std::size_t ports = 0xffffffff;             // how many travelled beside it
  std::size_t buffers = 0xffffffff;           // the same
};

// Bytes from anybody. `invalid` when they are not exactly one value; the code says why: "truncated", "trailing",
// "bad-version", "bad-tag", "bad-varint", "bad-utf8", "bad-reference", "bad-view", "bad-port", "bad-buffer", "too-deep", "too-large",
// or "cyclic": a value that contains itself, which script may send and C++ cannot hold.
Result<Value> decode(Bytes bytes, const DecodeLimits& limits = {});

// --- what follows is the templates' other half

template <detail::Integer I>
Value::Value(I integer) noexcept : type_(Type::number) {
  constexpr std::int64_t safe = 9007199254740991;
  if (std::in_range<std::int64_t>(integer) && std::cmp_less_equal(integer, safe) &&
      std::cmp_greater_equal(integer, -safe)) {
    payload_.number = static_cast<double>(integer);
  } else {
    *this = bigint(integer);
  }
}

template <class T>
  requires(!std::same_as<T, std::byte> && std::is_convertible_v<const T&, Value>)
Value::Value(const std::vector<T>& elements) {
  *this = make_list(Type::array, std::vector<Value>(elements.begin(), elements.end()));
}

namespace detail {
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
}  // namespace detail

template <class T>
Result<T> Value::to_list() const {
  if (!is_array()) return mismatch("an array");
  T list;
  list.reserve(size());
  for (const Value& element : elements()) {
    auto item = element.to<typename T::value_type>();
    if (!item) return std::unexpected(at_place(list.size(), std::move(item.error())));
    list.push_back(*std::move(item));
  }
  return list;
}

template <class T>
Result<T> Value::to() const {
  if constexpr (std::same_as<T, Value>) {
    return *this;
  } else if constexpr (std::same_as<T, bool>) {
    if (!is_boolean()) return mismatch("a boolean");
    return payload_.boolean;
  } else if constexpr (std::floating_point<T>) {
    if (!is_number()) return mismatch("a number");
    return static_cast<T>(payload_.number);
  } else if constexpr (detail::Integer<T> && std::is_signed_v<T>) {
    auto integer = to_signed(std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    if (!integer) return std::unexpected(std::move(integer.error()));
    return static_cast<T>(*integer);
  } else if constexpr (detail::Integer<T>) {
    auto integer = to_unsigned(std::numeric_limits<T>::max());
    if (!integer) return std::unexpected(std::move(integer.error()));
    return static_cast<T>(*integer);
  } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
    if (!is_string()) return mismatch("a string");
    return T(string());
  } else if constexpr (std::same_as<T, Bytes> || std::same_as<T, std::vector<std::byte>>) {
    if (!is_bytes()) return mismatch("bytes");
    return T(bytes().begin(), bytes().end());
  } else if constexpr (std::same_as<T, Error>) {
    return to_error();
  } else {
    static_assert(detail::is_vector<T>, "Value::to<T>: T is none of the types that a value can be read as");
    return to_list<T>();
  }
}

}  // namespace mullion
