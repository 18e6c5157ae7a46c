#include "mullion/transport/link.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "transport/core.hpp"
#include "transport/in_process.hpp"
#include "transport/record.hpp"
#include "transport/segment.hpp"

namespace mullion::transport {
namespace {

struct MediumName {
  Medium medium;
  std::string_view name;
};

constexpr MediumName medium_names[] = {
    {Medium::automatic, "auto"}, {Medium::shm, "shm"}, {Medium::pipe, "pipe"}, {Medium::in_process, "in-process"}};

std::unexpected<Error> invalid(std::string code, std::string message) {
  return std::unexpected(Error{Kind::invalid, std::move(code), std::move(message)});
}

Result<> check(const LinkOptions& options) {
  if (options.medium == Medium::in_process) {
    return invalid("medium", "A socket cannot carry the medium in-process; use Link::in_process.");
  }
  const auto ring = options.ring_bytes;
  if (!std::has_single_bit(ring) || ring < min_ring_bytes || ring > max_ring_bytes) {
    return invalid("ring_bytes",
                   "ring_bytes is " + std::to_string(ring) + "; it must be a power of two between 64 KiB and 16 MiB.");
  }
  if (options.pool_bytes != 0 && !possible_pool(options.pool_bytes)) {
    return invalid("pool_bytes", "pool_bytes is " + std::to_string(options.pool_bytes) +
                                     "; it must be 0 or a power of two between 256 KiB and 16 MiB.");
  }
  if (options.message_bytes == 0 || options.message_bytes > max_message_bytes) {
    return invalid("message_bytes",
                   "message_bytes is " + std::to_string(options.message_bytes) + "; it must be between 1 and 1 GiB.");
  }
  return {};
}

Result<> check_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET) return {};
  return invalid("socket", "A link's socket must be one end of Link::socket_pair.");
}

LinkOptions within_limits(LinkOptions options) {
  options.ring_bytes = std::bit_ceil(std::clamp(options.ring_bytes, min_ring_bytes, max_ring_bytes));
  options.message_bytes = std::clamp<std::size_t>(options.message_bytes, 1, max_message_bytes);
  return options;
}

Result<std::shared_ptr<Core>> make(Loop& loop, UniqueFd socket, const LinkOptions& options, bool maker) {
  if (auto checked = check(options); !checked) return std::unexpected(checked.error());
  const bool may_ask = maker || !options.sandboxed;
  if (auto checked = may_ask ? check_socket(socket.get()) : Result<>(); !checked) {
    return std::unexpected(checked.error());
  }
  auto core = std::make_shared<Core>(loop, options);
  if (auto stands = core->stand_on_socket(std::move(socket), maker); !stands) return std::unexpected(stands.error());
  return core;
}

}  // namespace

std::string_view to_string(Medium medium) {
  for (const MediumName& known : medium_names) {
    if (known.medium == medium) return known.name;
  }
  return "unknown";
}

Result<Medium> parse_medium(std::string_view name) {
  for (const MediumName& known : medium_names) {
    if (known.name == name) return known.medium;
  }
  return invalid("medium", "There is no medium \"" + std::string(name) + "\"; there are auto, shm, pipe, in-process.");
}

Link::Link(std::shared_ptr<Core> core) : core_(std::move(core)) {}
Link::~Link() { Core::end(std::move(core_)); }

Result<std::unique_ptr<Link>> Link::offer(Loop& loop, UniqueFd socket, LinkOptions options) {
  auto core = make(loop, std::move(socket), options, true);
  if (!core) return std::unexpected(core.error());
  return std::unique_ptr<Link>(new Link(std::move(*core)));
}

Result<std::unique_ptr<Link>> Link::accept(Loop& loop, UniqueFd socket, LinkOptions options) {
  auto core = make(loop, std::move(socket), options, false);
  if (!core) return std::unexpected(core.error());
  return std::unique_ptr<Link>(new Link(std::move(*core)));
}

Result<std::pair<UniqueFd, UniqueFd>> Link::socket_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return std::unexpected(errno_error("Cannot make a link's sockets"));
  }
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

std::pair<std::unique_ptr<Link>, std::unique_ptr<Link>> Link::in_process(Loop& a, Loop& b, LinkOptions options) {
  auto [first, second] = join_in_process(a, b, within_limits(options));
  return {std::unique_ptr<Link>(new Link(std::move(first))), std::unique_ptr<Link>(new Link(std::move(second)))};
}

void Link::start(LinkHandler& handler) { core_->start(handler); }
Result<> Link::send(const RecordHeader& header, std::span<const Bytes> parts, std::span<UniqueFd> fds) {
  return core_->send(header, parts, fds);
}
Result<> Link::send_control(Bytes message, std::span<UniqueFd> fds) { return core_->send_control(message, fds); }
void Link::flush() { core_->flush(); }
void Link::resume() { core_->resume(); }
Result<bool> Link::wait(std::uint64_t timeout_ns) { return core_->wait(timeout_ns); }
void Link::close() { core_->close(); }
void Link::report_violation(std::string why) { core_->report_violation(std::move(why)); }
bool Link::open() const { return core_->open(); }
Medium Link::medium() const { return core_->medium(); }
LinkStats Link::stats() const { return core_->stats(); }
std::size_t Link::queued_bytes() const { return core_->queued_bytes(); }
bool Link::flushed() const { return core_->flushed(); }

}  // namespace mullion::transport
