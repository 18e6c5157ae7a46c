// The bridge's own tags, as kernel/encode.js documents them, for what C++ exposes.
#include "script/kernel.hpp"

namespace mullion::script {
namespace {

enum class Tag : std::uint8_t { string = 0x07, object = 0x10, function = 0x17, promise = 0x18, message = 0x1A };

void put(Buffer& out, std::uint8_t byte) { out.push_back(std::byte(byte)); }
void put(Buffer& out, Tag tag) { put(out, static_cast<std::uint8_t>(tag)); }
void put(Buffer& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void put_varint(Buffer& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) put(out, static_cast<std::uint8_t>(number | 0x80));
  put(out, static_cast<std::uint8_t>(number));
}

Buffer begun() { return {std::byte(1)}; }

Buffer by_id(Tag tag, WorldId owner, std::uint64_t id) {
  Buffer out = begun();
  put(out, tag);
  put_varint(out, owner);
  put_varint(out, id);
  return out;
}

void put_member(Buffer& out, const BridgeMember& member) {
  put(out, Tag::string);
  put_varint(out, member.key.size());
  put(out, std::as_bytes(std::span(member.key)));
  put(out, Tag::message);
  put_varint(out, member.message.size());
  put(out, Bytes(member.message));
}

}  // namespace

Buffer bridge_function(WorldId owner, FunctionId function) { return by_id(Tag::function, owner, function); }

Buffer bridge_promise(WorldId owner, FunctionId promise) { return by_id(Tag::promise, owner, promise); }

Buffer bridge_object(std::span<const BridgeMember> members) {
  Buffer out = begun();
  put(out, Tag::object);
  put_varint(out, members.size());
  for (const BridgeMember& member : members) put_member(out, member);
  return out;
}

}  // namespace mullion::script
