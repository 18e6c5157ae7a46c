#include "transport/pools.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "protocol/link_generated.h"
#include "transport/memory.hpp"

namespace mullion::transport {
namespace {

constexpr std::size_t payloads_in_pool = 4;

std::unexpected<Error> lie(const char* text) { return std::unexpected(protocol_error(text)); }

std::uint32_t bytes_for(std::size_t payload, std::uint32_t most) {
  if (payload >= most / payloads_in_pool) return most;
  return std::max(min_pool_bytes, static_cast<std::uint32_t>(std::bit_ceil(payload * payloads_in_pool)));
}

}  // namespace

PoolWriter* Pools::writer_for(std::size_t payload) {
  if (made_ && wire_.sent_all()) {
    writer_.use(std::move(made_->memory), made_->generation);
    made_.reset();
  }
  if (terms_.own == 0) return nullptr;
  const auto bytes = bytes_for(payload, terms_.own);
  if (bytes > writer_.bytes() && !made_) {
    terms_.borrows ? ask(bytes) : make(bytes);
    if (made_ && wire_.sent_all()) return writer_for(payload);
  }
  return writer_.bytes() > 0 ? &writer_ : nullptr;
}

// Where there is no memory for it the ring still is.
void Pools::make(std::uint32_t bytes) {
  auto segment = make_segment(bytes);
  std::vector<UniqueFd> fds;
  if (segment) fds.push_back(std::move(segment->second));
  if (!segment || !send(PacketKind::pool, generation_ + 1, bytes, std::move(fds))) return make_no_more();
  made_ = Made{std::move(segment->first), ++generation_};
}

// One at a time: what comes meanwhile goes through the ring, and may ask again.
void Pools::ask(std::uint32_t bytes) {
  if (asked_ > 0) return;
  if (send(PacketKind::pool_wanted, generation_ + 1, bytes)) asked_ = bytes;
}

bool Pools::send(PacketKind kind, std::uint32_t generation, std::uint32_t bytes, std::vector<UniqueFd> fds) {
  const wire::Pool pool(generation, bytes);
  return wire_.send(kind, std::as_bytes(std::span(&pool, 1)), fds).has_value();
}

Result<> Pools::on_packet(PacketKind kind, Bytes message, std::vector<UniqueFd>& fds) {
  wire::Pool pool;
  if (message.size() != sizeof pool) return lie("A packet about a pool cannot be read.");
  std::memcpy(&pool, message.data(), sizeof pool);
  if (!possible_pool(pool.bytes())) return lie("A pool has a size that no pool has.");
  const auto last = kind == PacketKind::pool_lent ? generation_ : reader_.announced();
  if (pool.generation() != last + 1) return lie("A pool is not the one after the last.");
  switch (kind) {
    case PacketKind::pool:
      return announced(pool.bytes(), fds);
    case PacketKind::pool_wanted:
      return wanted(pool.bytes(), fds);
    default:
      return lent(pool.bytes(), fds);
  }
}

// The peer's memory for what it sends. It only ever grows, so there are only so many.
Result<> Pools::announced(std::uint32_t bytes, const std::vector<UniqueFd>& fds) {
  if (bytes > terms_.peers || bytes <= reader_.bytes())
    return lie("A pool is larger than it may be, or does not grow.");
  if (fds.size() != (terms_.lends ? 0 : 1)) return lie("A pool brings other descriptors than it should.");
  if (terms_.lends && bytes != std::exchange(lent_bytes_, 0)) return lie("A pool is not the one that was lent.");
  const UniqueFd lent = std::move(lent_);
  auto memory = terms_.lends ? open_lent_segment(lent.get(), bytes) : open_segment(fds[0].get(), bytes);
  if (!memory) return std::unexpected(std::move(memory).error());
  reader_.announce(std::move(*memory));
  return {};
}

// Where there is no memory to lend the peer hears nothing, and its ring remains.
Result<> Pools::wanted(std::uint32_t bytes, const std::vector<UniqueFd>& fds) {
  if (!terms_.lends || !fds.empty() || lent_) return lie("A pool is wanted where none can be had.");
  if (bytes > terms_.peers || bytes <= reader_.bytes())
    return lie("A pool is wanted that is too large, or not larger.");
  auto memory = make_lent_segment(bytes);
  if (!memory) return {};
  std::vector<UniqueFd> copies;
  copies.emplace_back(fcntl(memory->get(), F_DUPFD_CLOEXEC, 0));
  if (!copies.front() || !send(PacketKind::pool_lent, reader_.announced() + 1, bytes, std::move(copies))) return {};
  lent_ = std::move(*memory);
  lent_bytes_ = bytes;
  return {};
}

Result<> Pools::lent(std::uint32_t bytes, const std::vector<UniqueFd>& fds) {
  if (!terms_.borrows || fds.size() != 1 || bytes != std::exchange(asked_, 0))
    return lie("A pool is lent that was not wanted.");
  auto memory = map_lent_segment(fds[0].get(), bytes);
  if (!memory) return std::unexpected(std::move(memory).error());
  if (!send(PacketKind::pool, generation_ + 1, bytes)) return make_no_more(), Result<>();
  made_ = Made{std::move(*memory), ++generation_};
  return {};
}

}  // namespace mullion::transport
