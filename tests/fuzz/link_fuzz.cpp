// One side of a link whose other end is a bare socket: any packets with any descriptors, handshakes honest and not,
// memory that is written as it is read, pools.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <vector>

#include "feed.hpp"
#include "mullion/base/loop.hpp"
#include "protocol/link_generated.h"
#include "targets.hpp"
#include "transport/greeting.hpp"
#include "transport/memory.hpp"
#include "transport/packet.hpp"
#include "transport/pipe_lane.hpp"
#include "transport/record_codec.hpp"

namespace {

using namespace mullion;
using namespace mullion::transport;
using fuzz::Feed;

constexpr std::uint32_t ring_bytes = min_ring_bytes;
constexpr int most_steps = 48;

struct Hears final : LinkHandler {
  bool on_record(const RecordHeader& header, transport::Bytes payload) override {
    for (const std::byte b : payload) sum += static_cast<unsigned>(b);
    return header.port % 5 != 0;
  }
  void on_control(transport::Bytes, std::vector<UniqueFd>) override {}
  void on_closed(const Error& why) override {
    if (closed || why.code.empty()) __builtin_trap();
    closed = true;
  }
  unsigned sum = 0;
  bool closed = false;
};

class Hostile {
 public:
  explicit Hostile(UniqueFd socket) : socket_(std::move(socket)) {}

  void step(Feed& feed) {
    switch (feed.below(8)) {
      case 0:
        return packet(feed);
      case 1:
        return greet(feed);
      case 2:
        return scribble(feed);
      case 3:
        return forge(feed);
      case 4:
        return pool(feed);
      case 5:
        return control(feed);
      case 6:
        return raw(feed);
      default:
        return hear();
    }
  }

 private:
  void send(PacketKind kind, transport::Bytes body, std::vector<UniqueFd> fds) {
    const PacketHead head{.total = static_cast<std::uint32_t>(body.size()),
                          .total_fds = static_cast<std::uint16_t>(fds.size()),
                          .kind = kind};
    (void)send_packet(socket_.get(), head, body, fds);
  }
  UniqueFd descriptor(Feed& feed) {
    switch (feed.below(4)) {
      case 0:
        return UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC));
      case 1:
        return UniqueFd(memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING));
      case 2:
        return pipe_end();
      default:
        return memory(min_ring_bytes);
    }
  }
  UniqueFd pipe_end() {
    auto ends = make_pipe();
    if (!ends) return {};
    pipe_ = std::move(ends->first);
    return std::move(ends->second);
  }
  UniqueFd memory(std::uint32_t bytes) {
    auto made = make_segment(bytes);
    if (!made) return {};
    memory_ = std::move(made->first);
    return std::move(made->second);
  }
  std::vector<UniqueFd> descriptors(Feed& feed, std::uint32_t count) {
    std::vector<UniqueFd> fds;
    for (; count > 0; --count) fds.push_back(descriptor(feed));
    return fds;
  }
  void packet(Feed& feed) {
    const PacketHead head{.total = feed.number<std::uint32_t>(),
                          .offset = feed.below(3) ? 0u : feed.number<std::uint16_t>(),
                          .total_fds = static_cast<std::uint16_t>(feed.byte() % 4),
                          .kind = static_cast<PacketKind>(feed.byte() % 12)};
    const auto body = feed.piece(feed.number<std::uint16_t>() % 1024);
    (void)send_packet(socket_.get(), head, body, descriptors(feed, feed.below(8) ? 0u : feed.byte() % 4u));
  }
  void raw(Feed& feed) {
    const auto body = feed.piece(feed.byte());
    ::send(socket_.get(), body.data(), body.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  // An offer, an acceptance or a refusal, as it should be but for what the feed changes.
  void greet(Feed& feed) {
    const bool shm = feed.byte() % 4 != 0;
    Terms terms{.version = static_cast<std::uint16_t>(feed.below(8) ? protocol_version : feed.byte()),
                .medium = shm ? Medium::shm : Medium::pipe,
                .ring_bytes = feed.below(8) ? ring_bytes : feed.number<std::uint32_t>(),
                .message_bytes = feed.below(8) ? std::uint64_t{1} << 20 : feed.number<std::uint64_t>(),
                .trusted = feed.below(16) == 0,
                .lent_ring_bytes = feed.below(8) ? 0u : feed.number<std::uint32_t>(),
                .pool_bytes = feed.below(8) ? 256u << 10 : feed.number<std::uint32_t>()};
    std::vector<UniqueFd> fds;
    const auto kind = feed.below(5);
    if (feed.below(8) == 0)
      fds = descriptors(feed, feed.byte() % 3u);
    else if (shm)
      fds.push_back(memory(ring_bytes));
    else if (kind < 2)
      fds.push_back(pipe_end());
    if (kind < 2) return send(PacketKind::offer, write_offer(terms), std::move(fds));
    if (kind < 4) return send(PacketKind::accept, write_accept(terms), std::move(fds));
    send(PacketKind::refuse, write_refuse("no"), {});
  }
  void scribble(Feed& feed) {
    if (!memory_.memory) return;
    auto* words = static_cast<std::uint32_t*>(memory_.memory.get());
    const auto word = feed.byte() % 2 ? feed.byte() % (sizeof(SegmentHead) / 4)
                                      : feed.number<std::uint32_t>() % (segment_bytes(memory_.ring_bytes) / 4);
    std::atomic_ref(words[word]).store(feed.number<std::uint32_t>(), std::memory_order_relaxed);
  }
  // A record where the reader is believed to be.
  void forge(Feed& feed) {
    const auto length = feed.number<std::uint16_t>();
    RecordHead head{.commit = position_ + 1,
                    .address = {feed.byte(), feed.byte(), feed.byte(), feed.byte()},
                    .length = length,
                    .rest = feed.below(8) ? 0u : feed.number<std::uint32_t>(),
                    .elsewhere = feed.below(4) == 0,
                    .fds = static_cast<std::uint8_t>(feed.below(8) ? 0 : feed.byte())};
    const auto bytes = (record_head_bytes + inside(head) + record_alignment - 1) / record_alignment * record_alignment;
    if (pipe_) return forge_in_pipe(head);
    if (!memory_.memory || position_ % ring_bytes + bytes + 64 > ring_bytes) return;
    std::byte* to = memory_.ring() + position_ % ring_bytes;
    const PoolPlace place{feed.byte() % 3u, feed.byte() % 2 ? 0 : feed.number<std::uint32_t>()};
    if (head.elsewhere) std::memcpy(to + record_head_bytes, &place, sizeof place);
    write_head(to, head);
    position_ += bytes;
  }
  void forge_in_pipe(const RecordHead& head) {
    std::vector<std::byte> bytes(record_head_bytes + head.length);
    write_head(bytes.data(), head);
    const auto sent = ::send(pipe_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) position_ += static_cast<std::uint64_t>(sent);
  }
  void pool(Feed& feed) {
    constexpr PacketKind kinds[] = {PacketKind::pool, PacketKind::pool_wanted, PacketKind::pool_lent};
    const std::uint32_t bytes = feed.below(8) ? min_pool_bytes << feed.below(2) : feed.number<std::uint32_t>();
    const wire::Pool pool(feed.below(4) ? ++pools_ : feed.byte(), bytes);
    std::vector<UniqueFd> fds;
    if (feed.below(4) != 0) {
      auto made = make_segment(min_pool_bytes);
      if (made) fds.push_back(std::move(made->second));
    }
    send(kinds[feed.below(4) % 3], std::as_bytes(std::span(&pool, 1)), std::move(fds));
  }
  void control(Feed& feed) {
    const auto body = feed.piece(feed.byte());
    send(feed.below(4) ? PacketKind::control : static_cast<PacketKind>(8 + feed.below(3)), body,
         descriptors(feed, feed.below(6) ? 0u : feed.byte() % 3u));
  }
  // What the link says is taken from the socket, its descriptors with it.
  void hear() {
    std::array<std::byte, max_packet_bytes> buffer;
    for (int i = 0; i < 16; ++i) {
      std::vector<UniqueFd> fds;
      bool zero = false;
      if (receive_packet(socket_.get(), buffer, fds, zero).status != Received::packet) return;
    }
  }

  UniqueFd socket_;
  UniqueFd pipe_;
  OwnSegment memory_;
  std::uint64_t position_ = 0;
  std::uint32_t pools_ = 0;
};

LinkOptions options_of(Feed& feed) {
  constexpr Medium media[] = {Medium::automatic, Medium::shm, Medium::pipe};
  const auto bits = feed.byte();
  return {.medium = media[feed.below(3)],
          .ring_bytes = ring_bytes,
          .pool_bytes = bits & 1 ? 0 : 512u << 10,
          .queue_bytes = 1u << 20,
          .message_bytes = 1u << 20,
          .trusted = (bits & 6) == 6,
          .spin_ns = 0,
          .sandboxed = (bits & 24) == 24};
}

void use(Feed& feed, Link& link) {
  static const std::vector<std::byte> filling(200'000, std::byte{3});
  switch (feed.below(4)) {
    case 0: {
      const transport::Bytes parts[] = {transport::Bytes(filling).first(feed.number<std::uint32_t>() % filling.size())};
      (void)link.send({.port = feed.byte()}, parts);
      return;
    }
    case 1:
      (void)link.send_control(transport::Bytes(filling).first(feed.number<std::uint16_t>()));
      return;
    case 2:
      return link.resume();
    default:
      (void)link.wait(0);
  }
}

void turn(Loop& loop) { loop.dispatch(); }

}  // namespace

void link_fuzz(FuzzBytes input) {
  static const std::unique_ptr<Loop> plain = std::move(*Loop::create());
  static const std::unique_ptr<Loop> embedded = std::move(*Loop::create_embedded());
  Feed feed(input);
  const LinkOptions options = options_of(feed);
  Loop& loop = options.sandboxed ? *embedded : *plain;
  auto sockets = Link::socket_pair();
  if (!sockets) return;
  auto link = feed.byte() % 2 ? Link::offer(loop, std::move(sockets->first), options)
                              : Link::accept(loop, std::move(sockets->first), options);
  if (!link) return;
  Hears hears;
  (*link)->start(hears);
  Hostile hostile(std::move(sockets->second));
  for (int i = 0; i < most_steps && !feed.empty() && !hears.closed; ++i) {
    switch (feed.below(4)) {
      case 0:
        turn(loop);
        break;
      case 1:
        use(feed, **link);
        break;
      default:
        hostile.step(feed);
    }
  }
  for (int i = 0; i < 3; ++i) turn(loop);
  link->reset();
  turn(loop);
}
