// What lies in a stream of the model, and the stream: first in, first out, cheap to copy, because an explorer copies
// worlds millions of times and changes little in each copy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "node/core/types.hpp"

namespace mullion::node::core::model {

// 128 bits that stand for a state: two states of one run are taken for the same with a chance of about 2^-80.
struct Digest {
  std::uint64_t a = 0x243F6A8885A308D3u, b = 0x13198A2E03707344u;

  void add(std::uint64_t word) {
    a = (a ^ word) * 0x9E3779B97F4A7C15u;
    a ^= a >> 32;
    b = (b + word) * 0xC2B2AE3D27D4EB4Fu;
    b ^= b >> 29;
  }
  void add(const Digest& other) { add(other.a), add(other.b); }
  void add(const std::vector<std::uint64_t>& words) {
    add(words.size());
    for (std::uint64_t word : words) add(word);
  }
  bool operator==(const Digest&) const = default;
};

// What a model program writes into each message.
struct Body {
  EndId from = 0;
  std::uint64_t number = 0;
  std::uint64_t attachments = 0;
};
std::vector<std::byte> write(Body body, std::size_t padding = 0);
Body read(Bytes bytes);
std::string name(EndId end);

struct Record {
  RecordKind kind = RecordKind::data;
  EndId end = 0;
  Epoch epoch = 0;
  std::vector<std::byte> body{};
  std::vector<Carried> ports{};
  std::vector<Attachment> attachments{};
  std::uint64_t bytes = 0;
  std::uint32_t messages = 0;
  bool forged = false;  // by a hostile process, which may name any end
  NodeId payer = 0;     // on its way to the broker's own node: who sent it
};

// A direct link is there: from now on it may be read and written.
struct Introduced {
  LinkId link = 0;
  NodeId peer = 0;
};
// The last of a direct link's stream: the other side closed it, or died.
struct HangUp {};

using Word = std::variant<Up, Down, Record, Introduced, HangUp>;

struct Packet {
  explicit Packet(Word word);
  Word word;
  Digest digest{};
};
using PacketPtr = std::shared_ptr<const Packet>;

std::string text(const Word& word);
// Each message of a program in it that is on its way in: past its sender, whatever becomes of the sender.
std::vector<Body> bound_in(const Word& word);

// Shared by copies until one of them changes it.
template <class T>
class Shared {
 public:
  explicit Shared(std::shared_ptr<T> value) : value_(std::move(value)) {}
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  T& edit() {
    digest_.reset();
    if (value_.use_count() > 1) value_ = std::make_shared<T>(std::as_const(*value_));
    return *value_;
  }
  // `make` is asked once for each state of the value. So call edit() again for each change after this.
  template <class Make>
  const Digest& digest(Make make) const {
    if (!digest_) digest_ = make(std::as_const(*value_));
    return *digest_;
  }

 private:
  std::shared_ptr<T> value_;
  mutable std::optional<Digest> digest_{};
};

class Stream {
 public:
  bool empty() const { return !packets_; }
  std::size_t size() const { return packets_ ? packets_->size() : 0; }
  const PacketPtr& operator[](std::size_t i) const { return (*packets_)[i]; }
  const Word& front() const { return packets_->front()->word; }
  void push(Word word) { edit().push_back(std::make_shared<const Packet>(std::move(word))); }
  void push(PacketPtr packet) { edit().push_back(std::move(packet)); }
  void put_back(PacketPtr packet);
  PacketPtr pop();
  PacketPtr& last() { return edit().back(); }
  void cut(std::size_t size);  // only the first so many stay
  void digest(Digest& out) const;

 private:
  using Packets = std::vector<PacketPtr>;
  Packets& edit();

  std::shared_ptr<Packets> packets_{};  // none when empty
};

}  // namespace mullion::node::core::model
