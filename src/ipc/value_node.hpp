// What a Value's pointer points to. Nodes are written once, while their only owner builds them.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "mullion/ipc/value.hpp"

namespace mullion::detail {

// "a string", as errors name what was found.
std::string_view describe(const Value& value);

enum class Storage : std::uint8_t {
  text,
  blob,    // bytes made in C++: a Uint8Array over a buffer of its own
  buffer,  // an ArrayBuffer
  view,
  bigint,
  date,
  record,  // object, error, regexp
  list,    // array, set
  map,
  box,
};

// The sum, or the largest size: sharing can make a value's cost larger than any number.
constexpr std::size_t add_costs(std::size_t a, std::size_t b) {
  return a > std::numeric_limits<std::size_t>::max() - b ? std::numeric_limits<std::size_t>::max() : a + b;
}

struct Node {
  static constexpr std::size_t base_cost = sizeof(Value) + 64;

  Node(Storage what, std::size_t payload_cost) : storage(what), cost(add_costs(base_cost, payload_cost)) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // A node that nobody held begins anew.
  void renew(std::size_t payload_cost) {
    references.store(1, std::memory_order_relaxed);
    depth = 0;
    cost = add_costs(base_cost, payload_cost);
  }
  // Counts a child in depth and cost.
  void hold(const Value& child) {
    depth = std::max(depth, static_cast<std::uint32_t>(child.depth() + (child.depth() < max_depth ? 1 : 0)));
    cost = add_costs(cost, child.cost());
  }

  static constexpr std::uint32_t max_depth = 0xffffffff;
  std::atomic<std::uint32_t> references{1};
  std::uint32_t depth = 0;
  Storage storage;
  std::size_t cost;
  Node* next = nullptr;  // while it waits to be destroyed, or used again
};

struct TextNode : Node {
  explicit TextNode(std::string&& string) : Node(Storage::text, string.size()), text(std::move(string)) {}
  explicit TextNode(std::string_view string) : Node(Storage::text, string.size()), text(string) {}
  std::string text;
};

struct BytesNode : Node {
  BytesNode(Storage kind, std::vector<std::byte>&& content) : Node(kind, content.size()), bytes(std::move(content)) {}
  std::vector<std::byte> bytes;
};

struct ViewNode : Node {
  ViewNode(Value::View kind, Value viewed, std::size_t from, std::size_t count)
      : Node(Storage::view, 0), view(kind), buffer(std::move(viewed)), offset(from), bytes(count) {
    cost = add_costs(cost, buffer.cost());
  }
  Value::View view;
  Value buffer;
  std::size_t offset;
  std::size_t bytes;
};

struct BigintNode : Node {
  BigintNode(bool is_negative, std::vector<std::byte>&& digits)
      : Node(Storage::bigint, digits.size()), negative(is_negative), magnitude(std::move(digits)) {}
  bool negative;
  std::vector<std::byte> magnitude;
};

struct DateNode : Node {
  explicit DateNode(double time) : Node(Storage::date, 0), milliseconds(time) {}
  double milliseconds;
};

struct RecordNode : Node {
  explicit RecordNode(std::vector<Value::Member>&& fields) : Node(Storage::record, 0) { fill(std::move(fields)); }
  void fill(std::vector<Value::Member>&& fields);  // once
  const Value* find(std::string_view key) const;
  void count();  // the members in depth and cost
  std::vector<Value::Member> members;
  std::vector<std::uint32_t> sorted;  // members' indices by key, where a search pays
};

struct ListNode : Node {
  explicit ListNode(std::vector<Value>&& values) : Node(Storage::list, 0), elements(std::move(values)) {
    depth = 1;
    for (const Value& element : elements) hold(element);
  }
  std::vector<Value> elements;
};

struct MapNode : Node {
  explicit MapNode(std::vector<Value::Entry>&& pairs) : Node(Storage::map, 0), entries(std::move(pairs)) {
    depth = 1;
    for (const auto& entry : entries) {
      hold(entry.key);
      hold(entry.value);
    }
  }
  std::vector<Value::Entry> entries;
};

struct BoxNode : Node {
  explicit BoxNode(Value value) : Node(Storage::box, value.cost()), primitive(std::move(value)) {}
  Value primitive;
};

}  // namespace mullion::detail

namespace mullion {

// What the compiled half of the layer may do with a Value that its users may not.
struct ValueAccess {
  static Value adopt(Value::Type type, detail::Node* node) { return Value(type, node); }
  static detail::Node* node(const Value& value) { return value.shared_ ? value.payload_.node : nullptr; }
  template <class T>
  static const T& as(const Value& value) {
    return static_cast<const T&>(*value.payload_.node);
  }
  // The node, which the value then no longer holds.
  static detail::Node* take(Value& value) {
    detail::Node* node = ValueAccess::node(value);
    value.shared_ = false;
    return node;
  }
  static Value record(Value::Type type, std::vector<Value::Member> members);
};

}  // namespace mullion
