#include "transport/pipe_lane.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "transport/copy.hpp"
#include "transport/discard.hpp"
#include "transport/packet.hpp"
#include "transport/record_codec.hpp"

namespace mullion::transport {
namespace {

constexpr std::uint32_t longest_payload = 32 * 1024;
constexpr std::size_t out_bytes = 256 * 1024;
constexpr std::size_t in_bytes = 2 * (record_head_bytes + longest_payload);

int option(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> make_pipe() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return std::unexpected(errno_error("Cannot make a link's pipe"));
  }
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

Result<> check_pipe(int fd) {
  if (option(fd, SO_DOMAIN) == AF_UNIX && option(fd, SO_TYPE) == SOCK_STREAM) return {};
  return std::unexpected(Error{Kind::invalid, "protocol", "The peer's pipe is not a stream socket."});
}

PipeLane::PipeLane(UniqueFd socket, std::size_t message_limit, Owner& owner)
    : socket_(std::move(socket)),
      owner_(owner),
      assembly_(longest_payload, message_limit),
      in_(std::make_unique_for_overwrite<std::byte[]>(in_bytes)) {}

PipeLane::~PipeLane() { close(); }

Result<> PipeLane::watch(Loop& loop) {
  auto watch = FdWatch::start(loop, socket_.get(), FdWatch::readable, [this](int) {
    const auto held = owner_.hold();
    blocked_ = false;
    owner_.on_stir();
  });
  if (!watch) return std::unexpected(watch.error());
  watch_ = std::move(*watch);
  return {};
}

bool PipeLane::put(const RecordHeader& header, Gather& payload, std::uint8_t fds) {
  do {
    if (!append(header, payload, std::exchange(fds, 0))) return false;
  } while (payload.left() > 0);
  return true;
}

bool PipeLane::append(const RecordHeader& header, Gather& payload, std::uint8_t fds) {
  const auto length = payload.left() < longest_payload ? static_cast<std::uint32_t>(payload.left()) : longest_payload;
  const std::size_t bytes = record_head_bytes + length;
  if (unsent() + bytes > out_bytes) return false;
  if (sent_ > out_bytes / 2) {
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  const auto start = out_.size();
  out_.resize(start + bytes);
  const auto rest = static_cast<std::uint32_t>(payload.left() - length);
  write_head(&out_[start], {written_ + 1, header, length, rest, false, fds});
  payload.take(out_.data() + start + record_head_bytes, length);
  written_ += bytes;
  return true;
}

// Where the kernel is short of memory the next turn tries again. Any other error means that nobody reads; the control
// socket tells of that.
void PipeLane::publish() {
  while (unsent() > 0 && !blocked_ && socket_) {
    const auto sent = send(socket_.get(), out_.data() + sent_, unsent(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      sent_ += static_cast<std::size_t>(sent);
    } else if (errno != EINTR) {
      blocked_ = errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM;
      if (!blocked_) sent_ = out_.size();
    }
  }
  if (unsent() == 0) {
    out_.clear();
    sent_ = 0;
  }
  rewatch();
}

bool PipeLane::want_room() {
  wants_ = true;
  return !blocked_;
}

void PipeLane::rewatch() {
  watch_.watch((paused_ || ended_ ? 0 : FdWatch::readable) | (blocked_ ? FdWatch::writable : 0));
}

void PipeLane::pause(bool paused) {
  paused_ = paused;
  rewatch();
}

Lane::Next PipeLane::next() {
  if (whole_) return whole();
  while (true) {
    if (const Next taken = take(); taken != Next::nothing) return taken;
    if (!fill()) return lie_ ? Next::lie : Next::nothing;
  }
}

bool PipeLane::fill() {
  if (ended_ || !socket_) return false;
  std::memmove(in_.get(), in_.get() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  std::vector<UniqueFd> fds;
  const Read read = receive_bytes(socket_.get(), std::span(in_.get() + end_, in_bytes - end_), fds);
  end_ += read.size;
  ended_ = read.status == Read::end;
  if (ended_) rewatch();
  if (fds.empty()) return read.status == Read::bytes;
  discard(std::move(fds));
  refuse("The pipe brings a descriptor.");
  return false;
}

Lane::Next PipeLane::take() {
  if (lie_) return Next::lie;
  if (end_ - begin_ < record_head_bytes) return Next::nothing;
  const RecordHead head = read_head(in_.get() + begin_);
  if (head.commit != read_ + 1) return refuse("A record's commit word is not its position.");
  if (head.elsewhere || head.length > longest_payload) return refuse("A record is longer than a record may be.");
  const std::size_t bytes = record_head_bytes + head.length;
  if (end_ - begin_ < bytes) return Next::nothing;
  std::byte* place = assembly_.place(head);
  if (!place) return refuse(assembly_.lie());
  copy_bytes(place, in_.get() + begin_ + record_head_bytes, head.length);
  begin_ += bytes;
  read_ += bytes;
  whole_ = assembly_.add(head);
  return whole_ ? whole() : Next::part;
}

Lane::Next PipeLane::refuse(const char* why) {
  lie_ = why;
  return Next::lie;
}

void PipeLane::pop() {
  whole_ = false;
  assembly_.drop();
}

void PipeLane::sleep(std::uint64_t nanoseconds, int socket, std::uint32_t) {
  if (!doze()) return;
  const short events = static_cast<short>((paused_ || ended_ ? 0 : POLLIN) | (blocked_ ? POLLOUT : 0));
  pollfd ends[] = {{socket, POLLIN, 0}, {events ? socket_.get() : -1, events, 0}};
  const timespec time{static_cast<time_t>(nanoseconds / 1'000'000'000), static_cast<long>(nanoseconds % 1'000'000'000)};
  ppoll(ends, 2, &time, nullptr);
  blocked_ = blocked_ && (ends[1].revents == 0);
}

void PipeLane::close() {
  watch_ = FdWatch();
  discard_socket(std::move(socket_), ended_);
}

}  // namespace mullion::transport
