// A lane over memory that its peer writes as it likes, while honest records stand in it too. Whatever the reader takes
// must be private bytes of the length it says, and a lie must be called one.
#include <memory>
#include <numeric>

#include "feed.hpp"
#include "targets.hpp"
#include "transport/memory.hpp"
#include "transport/ring_lane.hpp"

namespace {

using namespace mullion::transport;
using mullion::fuzz::Feed;

constexpr std::size_t message_limit = 1u << 20;

struct Silent final : Bell {
  bool ring() override { return true; }
};

class Scene {
 public:
  Scene() {
    auto [a, peers_a] = local_segment(min_ring_bytes);
    auto [b, peers_b] = local_segment(min_ring_bytes);
    memory_ = b;
    ours_ = std::make_unique<RingLane>(Medium::shm, a, peers_b, std::make_unique<Silent>(), message_limit);
    theirs_ = std::make_unique<RingLane>(Medium::shm, b, peers_a, std::make_unique<Silent>(), message_limit);
  }

  void run(Feed& feed) {
    while (!feed.empty() && !over_) step(feed);
    read(64);
  }

 private:
  void step(Feed& feed) {
    switch (feed.below(8)) {
      case 0:
        return scribble(feed);
      case 1:
        return scribble_head(feed);
      case 2:
        return put(*theirs_, feed);
      case 3:
        return theirs_->publish();
      case 4:
        return read(feed.below(8) + 1);
      case 5:
        return put(*ours_, feed);
      case 6:
        return say(feed);
      default:
        return forge(feed);
    }
  }
  void write(std::size_t at, Bytes bytes) {
    std::byte* start = static_cast<std::byte*>(memory_.memory.get());
    at %= segment_bytes(min_ring_bytes) - bytes.size();
    std::memcpy(start + at, bytes.data(), bytes.size());
  }
  void scribble(Feed& feed) {
    const std::size_t at = feed.number<std::uint32_t>() & ~std::size_t{7};
    write(at, feed.piece(feed.byte()));
  }
  void scribble_head(Feed& feed) {
    const std::size_t at = feed.below(sizeof(SegmentHead) / 4) * std::size_t{4};
    const auto value = feed.number<std::uint64_t>();
    write(at, std::as_bytes(std::span(&value, 1)).first(feed.byte() % 2 ? 8 : 4));
  }
  // A record's head where the reader will look next, its commit word as it must be.
  void forge(Feed& feed) {
    auto words = std::array<std::uint64_t, 4>{};
    for (auto& word : words) word = feed.number<std::uint64_t>();
    if (feed.byte() % 4 != 0) words[0] = taken_ + 1;
    write(ring_offset + taken_ % min_ring_bytes, std::as_bytes(std::span(words)));
  }
  static void put(RingLane& lane, Feed& feed) {
    static const std::vector<std::byte> bytes(200'000, std::byte{7});
    const Bytes parts[] = {Bytes(bytes).first(feed.number<std::uint32_t>() % bytes.size())};
    Gather payload(parts);
    (void)lane.put({feed.byte(), 1, 2, 3}, payload, feed.below(3) == 0 ? feed.byte() % 17 : 0);
    if (feed.byte() % 2) lane.publish();
  }
  void read(std::size_t most) {
    for (std::size_t i = 0; i < most && !over_; ++i) {
      switch (ours_->next()) {
        case Lane::Next::nothing:
          return;
        case Lane::Next::part:
          break;
        case Lane::Next::lie:
          over_ = true;
          if (!ours_->lie()) __builtin_trap();
          return;
        default:
          take();
      }
    }
  }
  void take() {
    const Bytes payload = ours_->payload();
    if (payload.size() > message_limit) __builtin_trap();
    sum_ += std::accumulate(payload.begin(), payload.end(), 0u,
                            [](unsigned sum, std::byte b) { return sum + static_cast<unsigned>(b); });
    ours_->pop();
  }
  void say(Feed& feed) {
    switch (feed.below(6)) {
      case 0:
        (void)ours_->doze();
        return;
      case 1:
        return ours_->awake();
      case 2:
        (void)ours_->want_room();
        return;
      case 3:
        return ours_->publish();
      case 4:
        (void)ours_->can_spin();
        return;
      default:
        taken_ += feed.number<std::uint16_t>() & ~std::uint64_t{63};
    }
  }

  OwnSegment memory_;
  std::unique_ptr<RingLane> ours_, theirs_;
  std::uint64_t taken_ = 0;  // where the forger believes the reader to be
  unsigned sum_ = 0;
  bool over_ = false;
};

}  // namespace

void ring_fuzz(FuzzBytes input) {
  Feed feed(input);
  Scene scene;
  scene.run(feed);
}
