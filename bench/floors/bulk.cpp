#include "floors/floors.hpp"
#include "floors/lines.hpp"
#include "harness/load.hpp"

namespace mullion::bench::floors {
namespace {

constexpr std::uint64_t ring_lines = 8192;  // 512 KiB, as a link's ring
constexpr std::uint64_t batch = 64;

struct Ring {
  alignas(64) std::atomic<std::uint64_t> read;
  Line lines[ring_lines];
};

struct Halls {
  Count sent, returned;
  alignas(64) std::byte out[load_bytes];
  std::byte back[load_bytes];
};

void wait_for(const Count& count, std::uint32_t turn, Placement placement) {
  placement == Placement::split ? count.spin_until(turn) : count.sleep_until(turn);
}

void announce(Count& count, Placement placement) {
  if (placement == Placement::same) return count.raise_and_wake();
  count.value.fetch_add(1, std::memory_order_release);
}

bool take_batch(Ring& ring, std::uint64_t& position) {
  for (std::uint64_t end = position + batch; position < end; ++position) {
    const auto& line = ring.lines[position % ring_lines];
    while (line.first.load(std::memory_order_acquire) != word_of(position + 1, 0)) relax();
    if (!is_ball(line.get(word_of(position + 1, 0)), position + 1, 0)) return false;
  }
  ring.read.store(position, std::memory_order_release);
  return true;
}

}  // namespace

Result<> drive_stores(Session& session) {
  auto memory = Memory::create(sizeof(Ring));
  if (!memory) return std::unexpected(memory.error());
  const int fds[] = {memory->fd()};
  auto peer = start_peer(session.row().name, fds);
  if (!peer) return std::unexpected(peer.error());
  auto& ring = memory->as<Ring>();
  std::uint64_t position = 0;
  session.start();
  do {
    if (!take_batch(ring, position)) return std::unexpected(wrong_bytes("the reader"));
  } while (session.lap(batch));
  return {};
}

Result<> answer_stores(const Peer& peer) {
  auto memory = Memory::open(peer.fd(0), sizeof(Ring));
  if (!memory) return std::unexpected(memory.error());
  auto& ring = memory->as<Ring>();
  for (std::uint64_t position = 0, read = 0;; ++position) {
    for (; position - read == ring_lines; relax()) read = ring.read.load(std::memory_order_acquire);
    ring.lines[position % ring_lines].put(serve(position + 1));
  }
}

Result<> drive_copies(Session& session) {
  auto memory = Memory::create(sizeof(Halls));
  if (!memory) return std::unexpected(memory.error());
  const int fds[] = {memory->fd()};
  auto peer = start_peer(session.row().name, fds);
  if (!peer) return std::unexpected(peer.error());
  auto& halls = memory->as<Halls>();
  const auto placement = session.row().placement;
  Load load;
  std::vector<std::byte> arrived(load_bytes);
  for (std::uint32_t turn = 1;; ++turn) {
    const auto bytes = load.fill(turn);
    session.start();
    std::memcpy(halls.out, bytes.data(), load_bytes);
    announce(halls.sent, placement);
    wait_for(halls.returned, turn, placement);
    std::memcpy(arrived.data(), halls.back, load_bytes);
    const bool more = session.stop();
    if (!load.same(arrived)) return std::unexpected(wrong_bytes("the driver"));
    if (!more) return {};
  }
}

Result<> answer_copies(const Peer& peer) {
  auto memory = Memory::open(peer.fd(0), sizeof(Halls));
  if (!memory) return std::unexpected(memory.error());
  auto& halls = memory->as<Halls>();
  std::vector<std::byte> arrived(load_bytes);
  for (std::uint32_t turn = 1;; ++turn) {
    wait_for(halls.sent, turn, peer.row.placement);
    std::memcpy(arrived.data(), halls.out, load_bytes);
    std::memcpy(halls.back, arrived.data(), load_bytes);
    announce(halls.returned, peer.row.placement);
  }
}

}  // namespace mullion::bench::floors
