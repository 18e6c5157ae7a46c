#include "transport/in_process.hpp"

#include <array>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>

#include "transport/memory.hpp"
#include "transport/ring_lane.hpp"

namespace mullion::transport {
namespace {

constexpr int messages_a_turn = 16;

struct Message {
  PacketKind kind;
  std::vector<std::byte> bytes;
  std::vector<UniqueFd> fds;
};

// A core and the loop that it lives on, as the other thread sees them.
struct Place {
  std::weak_ptr<Core> core;
  Poster poster;

  template <void (Core::*method)()>
  void call() const {
    (void)poster.post([weak = core] {
      if (auto self = weak.lock()) (self.get()->*method)();
    });
  }
};

// What was sent to one end and not read.
struct Inbox {
  std::deque<Message> messages;
  std::size_t bytes = 0;
  bool told = false;     // the end will come and read
  bool refused = false;  // the other end wants to hear of room

  bool relaxed() const {
    return bytes <= max_control_queue_bytes / 2 && messages.size() <= max_control_queue_messages / 2;
  }
  bool admits(std::size_t more) const {
    return messages.empty() ||
           (bytes + more <= max_control_queue_bytes && messages.size() < max_control_queue_messages);
  }
};

struct Junction {
  std::mutex mutex;
  std::array<Inbox, 2> inboxes;          // under mutex
  bool closed = false;                   // under mutex
  std::array<std::optional<Place>, 2> places;  // written before the ends are used
};

class PostBell final : public Bell {
 public:
  explicit PostBell(Place peer) : peer_(std::move(peer)) {}
  bool ring() override { return peer_.call<&Core::on_stir>(), true; }

 private:
  Place peer_;
};

class LocalWire final : public Wire {
 public:
  LocalWire(std::shared_ptr<Junction> junction, std::size_t side, Owner& owner)
      : junction_(std::move(junction)), side_(side), owner_(owner) {}
  ~LocalWire() override { close(); }

  Result<> start() override;
  Result<> send(PacketKind kind, Bytes message, std::span<UniqueFd> fds) override;
  void read() override;
  bool relaxed() const override;
  void close() override;
  std::uint32_t packets_in() const override { return in_; }
  std::uint32_t packets_out() const override { return out_; }

 private:
  Inbox& own() const { return junction_->inboxes[side_]; }
  Inbox& peers() const { return junction_->inboxes[1 - side_]; }
  bool put(PacketKind kind, Bytes message, std::span<UniqueFd> fds);
  std::optional<Message> take();
  void read_later();
  void tell_peer() const { junction_->places[1 - side_]->call<&Core::hear>(); }

  std::shared_ptr<Junction> junction_;
  std::size_t side_;
  Owner& owner_;
  bool started_ = false;
  bool closed_ = false;
  std::uint32_t in_ = 0;
  std::uint32_t out_ = 0;
};

Result<> LocalWire::start() {
  started_ = true;
  read_later();
  return {};
}

void LocalWire::read_later() { junction_->places[side_]->call<&Core::hear>(); }

Result<> LocalWire::send(PacketKind kind, Bytes message, std::span<UniqueFd> fds) {
  if (auto checked = check_control(message, fds); !checked) return checked;
  bool tell = false;
  {
    std::lock_guard lock(junction_->mutex);
    if (junction_->closed) return std::unexpected(closed_error());
    if (!peers().admits(message.size())) {
      peers().refused = true;
      return std::unexpected(Error{Kind::overloaded, "control-queue", "The link's queue of control messages is full."});
    }
    tell = put(kind, message, fds);
  }
  ++out_;
  owner_.on_packets_sent();
  if (tell) tell_peer();
  return {};
}

// True: the peer does not know yet that something is there.
bool LocalWire::put(PacketKind kind, Bytes message, std::span<UniqueFd> fds) {
  Inbox& inbox = peers();
  Message& last = inbox.messages.emplace_back(kind, std::vector<std::byte>(message.begin(), message.end()),
                                              std::vector<UniqueFd>());
  last.fds.assign(std::move_iterator(fds.begin()), std::move_iterator(fds.end()));
  inbox.bytes += message.size();
  return !std::exchange(inbox.told, true);
}

void LocalWire::read() {
  if (!started_) return;
  for (int i = 0; i < messages_a_turn; ++i) {
    if (closed_) return;
    auto message = take();
    if (!message) return;
    ++in_;
    owner_.on_message(message->kind, message->bytes, std::move(message->fds));
  }
  if (!closed_) read_later();
}

// Nothing: there is none, and the end was told if there will be none.
std::optional<Message> LocalWire::take() {
  std::unique_lock lock(junction_->mutex);
  Inbox& inbox = own();
  inbox.told = false;
  if (inbox.messages.empty()) {
    const bool closed = junction_->closed;
    lock.unlock();
    if (closed) owner_.on_hang_up();
    return {};
  }
  auto message = std::move(inbox.messages.front());
  inbox.messages.pop_front();
  inbox.bytes -= message.bytes.size();
  const bool room = inbox.refused && inbox.relaxed();
  if (room) inbox.refused = false;
  lock.unlock();
  if (room) tell_peer();
  return message;
}

bool LocalWire::relaxed() const {
  std::lock_guard lock(junction_->mutex);
  return peers().relaxed();
}

void LocalWire::close() {
  if (std::exchange(closed_, true)) return;
  std::deque<Message> unread;
  {
    std::lock_guard lock(junction_->mutex);
    junction_->closed = true;
    unread.swap(own().messages);
  }
  tell_peer();
}

}  // namespace

std::pair<std::shared_ptr<Core>, std::shared_ptr<Core>> join_in_process(Loop& a, Loop& b, const LinkOptions& options) {
  auto junction = std::make_shared<Junction>();
  const std::array cores{std::make_shared<Core>(a, options), std::make_shared<Core>(b, options)};
  junction->places[0].emplace(cores[0], a.poster());
  junction->places[1].emplace(cores[1], b.poster());
  const std::array segments{local_segment(options.ring_bytes), local_segment(options.ring_bytes)};
  for (std::size_t side = 0; side < 2; ++side) {
    cores[side]->stand_on(
        std::make_unique<LocalWire>(junction, side, *cores[side]),
        std::make_unique<RingLane>(Medium::in_process, segments[side].first, segments[1 - side].second,
                                   std::make_unique<PostBell>(*junction->places[1 - side]), options.message_bytes));
    if (&a == &b) cores[side]->set_alone();
  }
  return {cores[0], cores[1]};
}

}  // namespace mullion::transport
