// A link's two pools, and the packets by which their memory reaches the other side.
#pragma once

#include <optional>
#include <vector>

#include "transport/pool.hpp"
#include "transport/wire.hpp"

namespace mullion::transport {

struct PoolTerms {
  std::uint32_t own = 0;    // the most that this side may make; 0: none
  std::uint32_t peers = 0;  // the most that this side takes
  bool lends = false;       // the peer's sandbox lets it make none
  bool borrows = false;     // this side's does
};

// Memory is made when a first payload needs it, and made anew, larger, when a longer one comes. A payload goes through
// the ring as long as the memory for it has not left this side: its record must not come before it.
class Pools {
 public:
  Pools(Wire& wire, const PoolTerms& terms) : wire_(wire), terms_(terms) {}

  PoolWriter* writer_for(std::size_t payload);  // null: there is none yet
  PoolWriter& writer() { return writer_; }
  const PoolWriter& writer() const { return writer_; }
  PoolReader& reader() { return reader_; }
  // `invalid`: a lie. Descriptors that were not wanted stay in `fds`.
  Result<> on_packet(PacketKind kind, Bytes message, std::vector<UniqueFd>& fds);

 private:
  struct Made {
    OwnSegment memory;
    std::uint32_t generation;
  };
  void make(std::uint32_t bytes);
  void make_no_more() { terms_.own = writer_.bytes(); }
  void ask(std::uint32_t bytes);
  bool send(PacketKind kind, std::uint32_t generation, std::uint32_t bytes, std::vector<UniqueFd> fds = {});
  Result<> announced(std::uint32_t bytes, const std::vector<UniqueFd>& fds);
  Result<> wanted(std::uint32_t bytes, const std::vector<UniqueFd>& fds);
  Result<> lent(std::uint32_t bytes, const std::vector<UniqueFd>& fds);

  Wire& wire_;
  PoolTerms terms_;
  PoolWriter writer_;
  PoolReader reader_;
  std::uint32_t generation_ = 0;  // of the writer's memory, the last made
  std::optional<Made> made_;      // on its way to the peer
  std::uint32_t asked_ = 0;       // how much the peer was asked for and has not lent; 0: nothing
  UniqueFd lent_;                 // what the peer has to say that it mapped
  std::uint32_t lent_bytes_ = 0;
};

}  // namespace mullion::transport
