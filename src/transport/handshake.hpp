// How the two sides of a socket agree on what carries the records.
#pragma once

#include <memory>
#include <optional>

#include "mullion/base/loop.hpp"
#include "transport/greeting.hpp"
#include "transport/lane.hpp"
#include "transport/memory.hpp"
#include "transport/pools.hpp"
#include "transport/socket_wire.hpp"

namespace mullion::transport {

struct Agreement {
  std::unique_ptr<Lane> lane;
  std::size_t message_bytes = 0;  // the lesser of what the two sides accept
};

// One side's part. The maker offers at once and, if shared memory is refused, may offer the pipe.
class Handshake {
 public:
  Handshake(Loop& loop, SocketWire& wire, Owner& owner, const LinkOptions& options);

  Result<> offer();
  // A message that is not control. Its errors end the link: "protocol", "refused", or errno's name.
  // Nothing: the sides have not agreed yet. Descriptors that were not wanted stay in `fds`.
  Result<std::optional<Agreement>> on_message(PacketKind kind, Bytes message, std::vector<UniqueFd>& fds);

 private:
  enum class State : std::uint8_t { awaits_offer, awaits_second_offer, offered_shm, offered_pipe, agreed };
  using Outcome = Result<std::optional<Agreement>>;

  Result<> offer_shm();
  Result<> offer_pipe();
  Result<> send_terms(PacketKind kind, const Terms& terms, std::vector<UniqueFd> fds);

  Outcome on_offer(Bytes message, std::vector<UniqueFd>& fds);
  Result<> offer_lent(std::vector<UniqueFd>& fds);
  Result<> take_own(const Terms& theirs, const std::vector<UniqueFd>& fds, std::vector<UniqueFd>& reply);
  Result<> take_lent(const Terms& theirs, const UniqueFd& fd);
  Result<PeerSegment> open_accepted(const Terms& theirs, const std::vector<UniqueFd>& fds);
  Outcome take_shm(const Terms& theirs, std::vector<UniqueFd>& fds);
  Outcome take_pipe(const Terms& theirs, std::vector<UniqueFd>& fds);
  Outcome on_accept(Bytes message, std::vector<UniqueFd>& fds);
  Outcome accepted_shm(const Terms& theirs, std::vector<UniqueFd>& fds);
  Outcome on_refuse(Bytes message, const std::vector<UniqueFd>& fds);
  Outcome refuse(const std::string& reason);
  Outcome refuse_or_lie(const Error& why);

  Outcome agree_on_memory(const Terms& theirs, UniqueFd peers_event);
  Outcome agree_on_pipe(const Terms& theirs, UniqueFd socket);
  Outcome agree(const Terms& theirs, std::unique_ptr<Lane> lane);
  Terms own_terms(Medium medium) const;
  PoolTerms pool_terms(const Terms& theirs) const;
  std::size_t message_limit(const Terms& theirs) const;

  Loop& loop_;
  SocketWire& wire_;
  Owner& owner_;
  LinkOptions options_;
  State state_ = State::awaits_offer;
  OwnSegment own_;
  PeerSegment peer_;
  bool maker_ = false;
  UniqueFd lent_;  // the memory that the peer is to map for writing
  UniqueFd pipe_;
  UniqueFd event_;  // this side's, which the peer rings
};

}  // namespace mullion::transport
