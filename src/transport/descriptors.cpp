#include "transport/descriptors.hpp"

#include <cstring>
#include <utility>

#include "protocol/link_generated.h"

namespace mullion::transport {
namespace {

// Worth a packet of its own; a sender that has to wait has sent more than this.
constexpr std::size_t told_at_once = max_fds_in_flight / 2;
static_assert(max_fds_in_flight - max_record_fds >= told_at_once);

std::unexpected<Error> lie(const char* text) { return std::unexpected(protocol_error(text)); }

}  // namespace

bool Descriptors::send(std::span<UniqueFd> fds) {
  if (in_flight_ + fds.size() > max_fds_in_flight) return false;
  if (!wire_->send(PacketKind::descriptors, {}, fds)) return false;
  in_flight_ += fds.size();
  return true;
}

Result<> Descriptors::on_packet(PacketKind kind, Bytes message, std::vector<UniqueFd>& fds) {
  return kind == PacketKind::descriptors ? arrived(message, fds) : were_taken(message, fds);
}

Result<> Descriptors::arrived(Bytes message, std::vector<UniqueFd>& fds) {
  if (!message.empty() || fds.empty() || fds.size() > max_record_fds) {
    return lie("A packet of descriptors is not what one record brings.");
  }
  if (waiting_ + fds.size() > max_fds_in_flight) return lie("More descriptors are under way than may be.");
  waiting_ += fds.size();
  groups_.push_back(std::exchange(fds, {}));
  return {};
}

Result<> Descriptors::were_taken(Bytes message, const std::vector<UniqueFd>& fds) {
  wire::Taken taken;
  if (message.size() != sizeof taken || !fds.empty()) return lie("A packet about descriptors cannot be read.");
  std::memcpy(static_cast<void*>(&taken), message.data(), sizeof taken);
  if (taken.count() == 0 || taken.count() > in_flight_) return lie("Descriptors were taken that were not sent.");
  in_flight_ -= taken.count();
  return {};
}

Descriptors::Look Descriptors::look(std::size_t count) const {
  if (groups_.empty()) return Look::awaited;
  return groups_.front().size() == count ? Look::here : Look::lie;
}

std::vector<UniqueFd> Descriptors::take() {
  auto fds = std::move(groups_.front());
  groups_.pop_front();
  taken_ += fds.size();
  return fds;
}

void Descriptors::tell() {
  if (taken_ < told_at_once) return;
  const wire::Taken taken(static_cast<std::uint32_t>(taken_));
  if (!wire_->send(PacketKind::descriptors_taken, std::as_bytes(std::span(&taken, 1)), {})) return;
  waiting_ -= std::exchange(taken_, 0);
}

std::vector<UniqueFd> Descriptors::drop() {
  std::vector<UniqueFd> all;
  for (auto& group : std::exchange(groups_, {})) {
    for (UniqueFd& fd : group) all.push_back(std::move(fd));
  }
  return all;
}

}  // namespace mullion::transport
