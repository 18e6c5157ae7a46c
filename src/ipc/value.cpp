#include "mullion/ipc/value.hpp"

#include <algorithm>

#include "ipc/value_node.hpp"
#include "ipc/value_spares.hpp"

namespace mullion {
namespace detail {
namespace {

// Destroys nodes without recursion: a chain of a million values must not need a million stack frames.
class Graveyard {
 public:
  void bury(Node* node) {
    if (node == nullptr || !is_last(node)) return;
    node->next = head_;
    head_ = node;
  }
  void clear() {
    while (head_ != nullptr) {
      Node* node = head_;
      head_ = node->next;
      destroy(node);
    }
  }

 private:
  // Who sees that nobody else holds it need not count down: nobody is left who could count up.
  static bool is_last(Node* node) {
    return node->references.load(std::memory_order_acquire) == 1 ||
           node->references.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  void bury(Value& value) { bury(ValueAccess::take(value)); }
  void destroy(Node* node);
  void destroy_list(ListNode* node) {
    for (Value& element : node->elements) bury(element);
    delete node;
  }
  void destroy_record(RecordNode* node) {
    for (auto& member : node->members) bury(member.value);
    end(node);
  }
  void destroy_map(MapNode* node) {
    for (auto& [key, value] : node->entries) bury(key), bury(value);
    delete node;
  }
  void destroy_box(BoxNode* node) {
    bury(node->primitive);
    delete node;
  }

  Node* head_ = nullptr;
};

void Graveyard::destroy(Node* node) {
  switch (node->storage) {
    case Storage::text:
      return end(static_cast<TextNode*>(node));
    case Storage::blob:
    case Storage::buffer: return delete static_cast<BytesNode*>(node);
    case Storage::view: return delete static_cast<ViewNode*>(node);
    case Storage::bigint: return delete static_cast<BigintNode*>(node);
    case Storage::date: return delete static_cast<DateNode*>(node);
    case Storage::record: return destroy_record(static_cast<RecordNode*>(node));
    case Storage::list: return destroy_list(static_cast<ListNode*>(node));
    case Storage::map: return destroy_map(static_cast<MapNode*>(node));
    case Storage::box: return destroy_box(static_cast<BoxNode*>(node));
  }
}

constexpr std::size_t search_pays = 16;

bool has_duplicate(const std::vector<Value::Member>& members) {
  for (std::size_t i = 1; i < members.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (members[i].key == members[j].key) return true;
    }
  }
  return false;
}

// Indices by key, equal keys in order.
std::vector<std::uint32_t> sort_keys(const std::vector<Value::Member>& members) {
  std::vector<std::uint32_t> sorted(members.size());
  for (std::uint32_t i = 0; i < sorted.size(); ++i) sorted[i] = i;
  std::ranges::sort(sorted, [&](std::uint32_t a, std::uint32_t b) {
    int order = members[a].key.compare(members[b].key);
    return order != 0 ? order < 0 : a < b;
  });
  return sorted;
}

// As assignment in script does: the first place, the last value. Returns whether anything was merged.
bool merge_duplicates(std::vector<Value::Member>& members, const std::vector<std::uint32_t>& sorted) {
  std::vector<bool> dropped(members.size());
  for (std::size_t i = 1, first = 0; i < sorted.size(); ++i) {
    if (members[sorted[i]].key != members[sorted[first]].key) {
      first = i;
    } else {
      members[sorted[first]].value = std::move(members[sorted[i]].value);
      dropped[sorted[i]] = true;
    }
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!dropped[i] && kept++ != i) members[kept - 1] = std::move(members[i]);
  }
  bool merged = kept != members.size();
  members.resize(kept);
  return merged;
}

}  // namespace

void retain(Node* node) noexcept { node->references.fetch_add(1, std::memory_order_relaxed); }

void release(Node* node) noexcept {
  Graveyard graveyard;
  graveyard.bury(node);
  graveyard.clear();
}

Node* text_node(std::string&& text) { return new_text(std::move(text)); }
Node* text_node(std::string_view text) { return new_text(text); }
Node* bytes_node(std::vector<std::byte> bytes) { return new BytesNode(Storage::blob, std::move(bytes)); }

void RecordNode::fill(std::vector<Value::Member>&& fields) {
  members = std::move(fields);
  if (members.size() > search_pays || has_duplicate(members)) {
    sorted = sort_keys(members);
    if (merge_duplicates(members, sorted)) sorted = sort_keys(members);
  }
  count();
}

void RecordNode::count() {
  depth = 1;
  for (const auto& member : members) {
    cost = add_costs(cost, sizeof(Value::Member) - sizeof(Value) + member.key.size());
    hold(member.value);
  }
}

const Value* RecordNode::find(std::string_view key) const {
  if (sorted.empty()) {
    auto found = std::ranges::find(members, key, &Value::Member::key);
    return found == members.end() ? nullptr : &found->value;
  }
  auto key_of = [this](std::uint32_t i) -> std::string_view { return members[i].key; };
  auto found = std::ranges::lower_bound(sorted, key, {}, key_of);
  return found == sorted.end() || key_of(*found) != key ? nullptr : &members[*found].value;
}

}  // namespace detail

using namespace detail;

Value ValueAccess::record(Value::Type type, std::vector<Value::Member> members) {
  auto* node = new_record(std::move(members));
  if (type == Value::Type::regexp) node->depth = 0;  // its two strings are parts, not values
  return adopt(type, node);
}

namespace {

std::vector<Value::Member> members_of(std::initializer_list<Value::Field> fields) {
  auto members = new_members(fields.size());
  for (const Value::Field& field : fields) members.push_back({std::string(field.key), field.value});
  return members;
}

std::size_t element_size(Value::View view) {
  static constexpr std::uint8_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 1};
  return sizes[static_cast<std::size_t>(view)];
}

std::unexpected<Error> bad_view(std::string_view why) {
  return std::unexpected(Error{.kind = Kind::invalid, .code = "bad-view", .message = "view: " + std::string(why)});
}

}  // namespace

Value::Value(std::initializer_list<Field> fields) : Value(make_object(members_of(fields))) {}

Value Value::hole() {
  Value hole;
  hole.flavor_ = 1;
  return hole;
}

Value Value::object(std::initializer_list<Field> fields) { return make_object(members_of(fields)); }
Value Value::array(std::initializer_list<Value> elements) { return make_list(Type::array, {elements}); }
Value Value::set(std::initializer_list<Value> elements) { return make_list(Type::set, {elements}); }
Value Value::map(std::initializer_list<Entry> entries) { return make_map({entries}); }

Value Value::make_list(Type type, std::vector<Value> elements) { return {type, new ListNode(std::move(elements))}; }
Value Value::make_map(std::vector<Entry> entries) { return {Type::map, new MapNode(std::move(entries))}; }
Value Value::make_object(std::vector<Member> members) { return {Type::object, new_record(std::move(members))}; }

Value Value::date(double milliseconds) { return {Type::date, new DateNode(milliseconds)}; }

Value Value::regexp(std::string_view source, std::string_view flags) {
  return ValueAccess::record(Type::regexp, {{"source", source}, {"flags", flags}});
}

Value Value::error(const Error& error) {
  return Value::error(Thrown{.message = error.message,
                             .code = error.code.empty() ? Value() : Value(error.code),
                             .kind = to_string(error.kind),
                             .data = error.data ? *error.data : Value()});
}

Value Value::error(Thrown thrown) {
  std::vector<Member> parts;
  parts.reserve(7);
  parts.push_back({"name", std::move(thrown.name)});
  parts.push_back({"message", std::move(thrown.message)});
  parts.push_back({"stack", std::move(thrown.stack)});
  parts.push_back({"code", std::move(thrown.code)});
  parts.push_back({"kind", std::move(thrown.kind)});
  parts.push_back({"data", std::move(thrown.data)});
  parts.push_back({"cause", std::move(thrown.cause)});
  return ValueAccess::record(Type::error, std::move(parts));
}

Value Value::from_signed(std::int64_t integer) noexcept {
  Value value;
  value.type_ = Type::bigint;
  value.payload_.integer = integer;
  return value;
}

Value Value::from_unsigned(std::uint64_t integer) noexcept {
  Value value = from_signed(static_cast<std::int64_t>(integer));
  value.flavor_ = value.payload_.integer < 0 ? 1 : 0;
  return value;
}

Value Value::bigint(bool negative, Bytes magnitude) {
  while (!magnitude.empty() && magnitude.back() == std::byte{0}) magnitude = magnitude.first(magnitude.size() - 1);
  if (magnitude.size() <= 8) {
    std::uint64_t natural = 0;
    for (std::size_t i = magnitude.size(); i-- > 0;) natural = natural << 8 | static_cast<std::uint64_t>(magnitude[i]);
    if (!negative) return from_unsigned(natural);
    if (natural <= std::uint64_t{1} << 63) return from_signed(static_cast<std::int64_t>(0 - natural));
  }
  return {Type::bigint, new BigintNode(negative, {magnitude.begin(), magnitude.end()})};
}

Value Value::copy_bytes(Bytes bytes) { return {Type::bytes, bytes_node({bytes.begin(), bytes.end()})}; }

Value Value::array_buffer(std::vector<std::byte> bytes) {
  return {Type::bytes, new BytesNode(Storage::buffer, std::move(bytes))};
}

Result<Value> Value::view(View kind, const Value& buffer, std::size_t byte_offset, std::size_t length) {
  if (!buffer.is_bytes() || buffer.view() != View::array_buffer) return bad_view("what is viewed is no ArrayBuffer");
  if (kind >= View::array_buffer) return bad_view("unknown kind");
  std::size_t size = element_size(kind), held = buffer.size();
  if (byte_offset > held || length > (held - byte_offset) / size) return bad_view("it reaches past its buffer");
  if (byte_offset % size != 0) return bad_view("its offset is no multiple of its element's size");
  return Value(Type::bytes, new ViewNode(kind, buffer, byte_offset, length * size));
}

Value Value::boxed(Value primitive) {
  if (primitive.is_null() || primitive.is_undefined() || primitive.type_ > Type::string) return primitive;
  return {Type::boxed, new BoxNode(std::move(primitive))};
}

Value Value::port(std::uint32_t index) {
  Value value;
  value.type_ = Type::port;
  value.payload_.index = index;
  return value;
}

Value Value::shared_buffer(std::uint32_t index) {
  Value value = port(index);
  value.type_ = Type::shared_buffer;
  return value;
}

std::size_t Value::depth() const { return shared_ ? payload_.node->depth : 0; }
std::size_t Value::cost() const { return shared_ ? payload_.node->cost : sizeof(Value); }

}  // namespace mullion
