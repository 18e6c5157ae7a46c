#include "transport/greeting.hpp"

#include "protocol/link_generated.h"

namespace mullion::transport {
namespace {

constexpr std::size_t longest_reason = 256;

template <class T>
std::vector<std::byte> finish(flatbuffers::FlatBufferBuilder& builder, flatbuffers::Offset<T> root) {
  builder.Finish(root);
  const auto bytes = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  return {bytes.begin(), bytes.end()};
}

template <class T>
const T* verified(Bytes bytes) {
  const auto* start = reinterpret_cast<const std::uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(start, bytes.size());
  return verifier.VerifyBuffer<T>(nullptr) ? flatbuffers::GetRoot<T>(start) : nullptr;
}

Medium medium_of(wire::Medium medium) {
  switch (medium) {
    case wire::Medium::shm:
      return Medium::shm;
    case wire::Medium::pipe:
      return Medium::pipe;
    case wire::Medium::none:
      break;
  }
  return Medium::automatic;
}

}  // namespace

std::vector<std::byte> write_offer(const Terms& terms) {
  flatbuffers::FlatBufferBuilder builder;
  const auto medium = terms.medium == Medium::shm ? wire::Medium::shm : wire::Medium::pipe;
  return finish(builder, wire::CreateOffer(builder, terms.version, medium, terms.ring_bytes, terms.message_bytes,
                                           terms.trusted, terms.lent_ring_bytes, terms.pool_bytes));
}

std::vector<std::byte> write_accept(const Terms& terms) {
  flatbuffers::FlatBufferBuilder builder;
  return finish(builder, wire::CreateAccept(builder, terms.version, terms.ring_bytes, terms.message_bytes,
                                            terms.trusted, terms.pool_bytes));
}

std::vector<std::byte> write_refuse(std::string_view reason) {
  flatbuffers::FlatBufferBuilder builder;
  const auto text = builder.CreateString(reason.substr(0, longest_reason));
  return finish(builder, wire::CreateRefuse(builder, text));
}

std::optional<Terms> read_offer(Bytes bytes) {
  const auto* offer = verified<wire::Offer>(bytes);
  if (!offer || medium_of(offer->medium()) == Medium::automatic) return {};
  return Terms{offer->version(), medium_of(offer->medium()), offer->ring_bytes(), offer->message_bytes(),
               offer->trusted(), offer->lent_ring_bytes(),   offer->pool_bytes()};
}

std::optional<Terms> read_accept(Bytes bytes) {
  const auto* accept = verified<wire::Accept>(bytes);
  if (!accept) return {};
  return Terms{accept->version(),       Medium::automatic, accept->ring_bytes(),
               accept->message_bytes(), accept->trusted(), 0,
               accept->pool_bytes()};
}

std::optional<std::string> read_refuse(Bytes bytes) {
  const auto* refuse = verified<wire::Refuse>(bytes);
  if (!refuse || !refuse->reason() || refuse->reason()->size() > longest_reason) return {};
  return refuse->reason()->str();
}

}  // namespace mullion::transport
