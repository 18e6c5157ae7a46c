// A hash table that remembers what it found last: messages come in rows for the same end.
#pragma once

#include <unordered_map>
#include <utility>

namespace mullion::node::core {

template <class Key, class T>
class Table {
 public:
  using Map = std::unordered_map<Key, T>;

  Table() = default;
  Table(const Table& other) : map_(other.map_) {}
  Table(Table&& other) noexcept : map_(std::move(other.map_)), last_(std::exchange(other.last_, nullptr)) {}
  Table& operator=(Table other) noexcept {
    map_.swap(other.map_);
    last_ = nullptr;
    return *this;
  }
  ~Table() = default;

  // Where it stays until it is erased; null if there is none.
  T* find(Key key) {
    if (last_ && last_->first == key) return &last_->second;
    const auto found = map_.find(key);
    if (found == map_.end()) return nullptr;
    last_ = &*found;
    return &found->second;
  }
  const T* find(Key key) const {
    if (last_ && last_->first == key) return &last_->second;
    const auto found = map_.find(key);
    return found == map_.end() ? nullptr : &found->second;
  }
  bool contains(Key key) const { return find(key) != nullptr; }
  T& operator[](Key key) { return map_[key]; }
  void erase(Key key) { (void)extract(key); }
  typename Map::node_type extract(Key key) {
    last_ = nullptr;
    return map_.extract(key);
  }
  void clear() {
    last_ = nullptr;
    map_.clear();
  }

  std::size_t size() const { return map_.size(); }
  auto begin() { return map_.begin(); }
  auto end() { return map_.end(); }
  auto begin() const { return map_.begin(); }
  auto end() const { return map_.end(); }

 private:
  Map map_{};
  typename Map::value_type* last_ = nullptr;
};

}  // namespace mullion::node::core
