// A lane over a stream socket whose other end sends any bytes in any pieces; some stand in heads that fit the stream.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "feed.hpp"
#include "targets.hpp"
#include "transport/pipe_lane.hpp"
#include "transport/record_codec.hpp"

namespace {

using namespace mullion::transport;
using mullion::UniqueFd;
using mullion::fuzz::Feed;

constexpr std::size_t message_limit = 1u << 20;

struct Nobody final : Owner {
  std::shared_ptr<void> hold() override { return nullptr; }
  void on_stir() override {}
  void on_message(PacketKind, Bytes, std::vector<UniqueFd>) override {}
  void on_packets_sent() override {}
  void on_hang_up() override {}
  void on_fault(const mullion::Error&) override {}
};

class Stream {
 public:
  explicit Stream(UniqueFd socket) : socket_(std::move(socket)) {}

  void send(Bytes bytes) { position_ += write(bytes); }
  // A head whose commit word is right, then as many bytes as it says, or fewer.
  void record(Feed& feed) {
    RecordHead head{.commit = position_ + 1,
                    .address = {feed.byte(), feed.byte(), feed.byte(), feed.byte()},
                    .length = feed.number<std::uint16_t>() % 40'000u,
                    .rest = feed.below(4) == 0 ? feed.number<std::uint32_t>() % (2u << 20) : 0,
                    .elsewhere = feed.below(16) == 0,
                    .fds = static_cast<std::uint8_t>(feed.below(8) == 0 ? feed.byte() : 0)};
    std::byte bytes[record_head_bytes];
    write_head(bytes, head);
    send(bytes);
    static const std::vector<std::byte> filling(40'000, std::byte{5});
    send(Bytes(filling).first(feed.below(16) == 0 ? feed.byte() : head.length));
  }
  void hang_up() { socket_.reset(); }

 private:
  std::uint64_t write(Bytes bytes) {
    if (!socket_) return 0;
    const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::uint64_t>(sent) : 0;
  }
  UniqueFd socket_;
  std::uint64_t position_ = 0;
};

bool read_all(PipeLane& lane) {
  while (true) {
    switch (lane.next()) {
      case Lane::Next::nothing:
        return true;
      case Lane::Next::part:
        break;
      case Lane::Next::lie:
        if (!lane.lie()) __builtin_trap();
        return false;
      default:
        if (lane.payload().size() > message_limit) __builtin_trap();
        lane.pop();
    }
  }
}

}  // namespace

void pipe_fuzz(FuzzBytes input) {
  auto ends = make_pipe();
  if (!ends) return;
  Nobody nobody;
  PipeLane lane(std::move(ends->first), message_limit, nobody);
  Stream stream(std::move(ends->second));
  Feed feed(input);
  bool good = true;
  while (!feed.empty() && good) {
    switch (feed.below(4)) {
      case 0:
        stream.send(feed.piece(feed.byte()));
        break;
      case 1:
        stream.record(feed);
        break;
      case 2:
        good = read_all(lane);
        break;
      default:
        if (feed.below(8) == 0) stream.hang_up();
    }
  }
  if (good) read_all(lane);
}
