#include "harness/load.hpp"
#include "mullion/ipc/shared_buffer.hpp"
#include "ours/couple.hpp"
#include "ours/ours.hpp"

namespace mullion::bench::ports {
namespace {

SharedBuffer copied(std::span<const std::byte> bytes) {
  auto buffer = SharedBuffer::create(bytes.size());
  if (!buffer) return {};
  std::memcpy(buffer->writable().data(), bytes.data(), bytes.size());
  return *std::move(buffer);
}

Error no_buffer() { return {.message = "a message came without its buffer"}; }

}  // namespace

Result<> drive_shared_buffer(Session& session) {
  auto made = MainEnd::create(session.row(), Trust::no);
  if (!made) return std::unexpected(made.error());
  auto& end = **made;
  auto buffer = SharedBuffer::create(load_bytes, Sharing::shared);
  if (!buffer) return std::unexpected(buffer.error());
  Load load;
  std::uint64_t turn = 1;
  auto play = [&] {
    const auto bytes = load.fill(turn++);
    session.start();
    std::memcpy(buffer->writable().data(), bytes.data(), load_bytes);
    if (auto posted = end.port().post_message(nullptr, std::move(*buffer)); !posted) end.end(posted);
  };
  end.port().on_message([&](Message message) {
    const bool more = session.stop();
    if (message.buffers.empty()) return end.end(std::unexpected(no_buffer()));
    *buffer = std::move(message.buffers[0]);
    turn_over(buffer->writable());
    if (!load.same(buffer->bytes())) return end.end(std::unexpected(wrong_bytes("main")));
    more ? play() : end.end();
  });
  play();
  return end.run();
}

Result<> answer_shared_buffer(const Peer& peer) {
  auto made = ChildEnd::create(peer, Trust::no);
  if (!made) return std::unexpected(made.error());
  auto& end = **made;
  end.port().on_message([&](Message message) {
    if (message.buffers.empty() || message.buffers[0].size() != load_bytes) return end.fail(no_buffer());
    turn_over(message.buffers[0].writable());
    if (auto posted = end.port().post_message(nullptr, std::move(message.buffers[0])); !posted)
      end.fail(posted.error());
  });
  return end.run();
}

Result<> drive_sealed_buffer(Session& session) {
  auto made = MainEnd::create(session.row(), Trust::no);
  if (!made) return std::unexpected(made.error());
  auto& end = **made;
  Load load;
  std::vector<std::byte> arrived(load_bytes);
  std::uint64_t turn = 1;
  auto play = [&] {
    const auto bytes = load.fill(turn++);
    session.start();
    if (auto posted = end.port().post_message(nullptr, copied(bytes)); !posted) end.end(posted);
  };
  end.port().on_message([&](Message message) {
    if (message.buffers.empty()) return end.end(std::unexpected(no_buffer()));
    std::memcpy(arrived.data(), message.buffers[0].bytes().data(), load_bytes);
    const bool more = session.stop();
    turn_over(arrived);
    if (!load.same(arrived)) return end.end(std::unexpected(wrong_bytes("main")));
    more ? play() : end.end();
  });
  play();
  return end.run();
}

Result<> answer_sealed_buffer(const Peer& peer) {
  auto made = ChildEnd::create(peer, Trust::no);
  if (!made) return std::unexpected(made.error());
  auto& end = **made;
  end.port().on_message([&](Message message) {
    auto reply = SharedBuffer::create(load_bytes);
    if (message.buffers.empty() || !reply) return end.fail(no_buffer());
    turn_over(message.buffers[0].bytes(), reply->writable());
    if (auto posted = end.port().post_message(nullptr, std::move(*reply)); !posted) end.fail(posted.error());
  });
  return end.run();
}

}  // namespace mullion::bench::ports
