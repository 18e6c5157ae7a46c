#include "ipc/value_spares.hpp"

namespace mullion::detail {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool keeps_spares = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool keeps_spares = false;
#else
constexpr bool keeps_spares = true;
#endif
#else
constexpr bool keeps_spares = true;
#endif

// Trivially destructible, so that it can still be asked when values end after the thread's own variables have.
template <class T>
struct Spares {
  Node* first = nullptr;
  std::uint32_t count = 0;

  T* peek() const { return static_cast<T*>(first); }
  T* take() {
    T* node = peek();
    if (node == nullptr) return nullptr;
    first = node->next;
    --count;
    return node;
  }
  void keep(T* node) {
    node->next = first;
    first = node;
    ++count;
  }
  void drop() {
    while (T* node = take()) delete node;
  }
};

constinit thread_local Spares<TextNode> texts;
constinit thread_local Spares<RecordNode> records;
constinit thread_local bool keeping = false;
constinit thread_local bool over = !keeps_spares;

struct Janitor {
  Janitor() { keeping = true; }
  ~Janitor() {
    keeping = false;
    over = true;
    texts.drop();
    records.drop();
  }
};

// Whether this thread lives long enough to use it.
bool may_keep() {
  if (keeping || over) return keeping;
  static thread_local Janitor janitor;
  return keeping;
}

}  // namespace

TextNode* new_text(std::string_view text) {
  TextNode* node = texts.take();
  if (node == nullptr) return new TextNode(text);
  node->renew(text.size());
  node->text.assign(text);
  return node;
}

TextNode* new_text(std::string&& text) {
  TextNode* node = texts.take();
  if (node == nullptr) return new TextNode(std::move(text));
  node->renew(text.size());
  node->text = std::move(text);
  return node;
}

RecordNode* new_record(std::vector<Value::Member>&& members) {
  RecordNode* node = records.take();
  if (node == nullptr) return new RecordNode(std::move(members));
  node->renew(0);
  node->fill(std::move(members));
  return node;
}

void end(TextNode* node) {
  const bool worth = texts.count < most_spares && node->text.capacity() <= longest_spare_text;
  worth&& may_keep() ? texts.keep(node) : delete node;
}

void end(RecordNode* node) {
  const bool worth = records.count < most_spares && node->members.capacity() <= most_spare_members;
  if (!worth || !may_keep()) return delete node;
  node->members.clear();
  node->sorted.clear();
  records.keep(node);
}

std::vector<Value::Member> new_members(std::size_t count) {
  std::vector<Value::Member> members;
  if (RecordNode* node = records.peek()) members.swap(node->members);
  members.reserve(count);
  return members;
}

}  // namespace mullion::detail
