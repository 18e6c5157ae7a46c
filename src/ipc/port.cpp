#include "mullion/ipc/port.hpp"

#include <algorithm>
#include <string>

#include "ipc/port_body.hpp"
#include "ipc/port_receiver.hpp"
#include "mullion/node/node.hpp"

namespace mullion {

namespace {

Error closed_error(node::CloseReason reason) {
  auto why = to_string(reason);
  return {.kind = Kind::disconnected, .code = std::string(why), .message = "the port is closed: " + std::string(why)};
}

Result<std::vector<node::Attachment>> memory_of(std::span<SharedBuffer* const> buffers) {
  std::vector<node::Attachment> memory;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (std::find(buffers.begin(), buffers.begin() + static_cast<std::ptrdiff_t>(i), buffers[i]) !=
        buffers.begin() + static_cast<std::ptrdiff_t>(i)) {
      return std::unexpected(Error{.kind = Kind::invalid, .code = "buffer",
                                   .message = "Buffer at index " + std::to_string(i) + " is a duplicate."});
    }
    memory.push_back(buffers[i]->memory());
  }
  return memory;
}

Error replaced_error() {
  return {.kind = Kind::invalid, .code = "receive", .message = "another receive() of this port took the place of this one"};
}

constexpr std::size_t longest_spare = 64 * 1024;
thread_local std::vector<std::byte> spare;

// What a message is written into: the memory of this thread's last one.
struct Scratch {
  Scratch() : bytes(std::exchange(spare, {})) { bytes.clear(); }
  ~Scratch() {
    if (bytes.capacity() <= longest_spare) spare = std::move(bytes);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::vector<std::byte> bytes;
};

}  // namespace

namespace detail {

PortBase& PortBase::operator=(PortBase&& other) noexcept {
  if (this == &other) return *this;
  close();
  node_ = std::move(other.node_);
  end_ = std::exchange(other.end_, 0);
  return *this;
}

void PortBase::close() {
  if (auto end = std::exchange(end_, 0)) node_->close(end);
}

Result<> PortBase::post_message_with(const Value& data, std::span<MessagePort* const> ports,
                                     std::span<SharedBuffer* const> buffers) const {
  return post(data, {ports.data(), ports.size(), buffers.data(), buffers.size()}, Room::outbox);
}

Result<> PortBase::post(const Value& data, const Loaded& loaded, Room room) const {
  const std::span ports(loaded.ports, loaded.port_count);
  const std::span buffers(loaded.buffers, loaded.buffer_count);
  if (!end_) {
    for (MessagePort* port : ports) port->close();
    for (SharedBuffer* buffer : buffers) buffer->release();
    return {};
  }
  std::vector<node::EndId> ends;
  for (const MessagePort* port : ports) ends.push_back(port->end());
  Scratch scratch;
  encode(data, scratch.bytes);
  auto attachments = memory_of(buffers);
  if (!attachments) return std::unexpected(std::move(attachments).error());
  const node::Bytes parts[] = {scratch.bytes};
  auto posted = node_->post(end_, parts, ends, *attachments, room == Room::credit ? node::Room::credit : node::Room::outbox);
  if (!posted) return posted;
  for (MessagePort* port : ports) port->release();
  for (SharedBuffer* buffer : buffers) buffer->release();
  return {};
}

Result<> PortBase::post(const std::span<const std::byte>* parts, std::size_t count, Room room) const {
  if (!end_) return {};
  const auto node_room = room == Room::credit ? node::Room::credit : node::Room::outbox;
  if (count == 1) {
    const node::Bytes marked[] = {raw_mark, *parts};
    return node_->post(end_, marked, {}, node_room);
  }
  std::vector<node::Bytes> marked = {raw_mark};
  marked.insert(marked.end(), parts, parts + count);
  return node_->post(end_, marked, {}, node_room);
}

// ---- receiving

PortReceiver::PortReceiver(std::shared_ptr<node::Node> node, node::EndId end) : node_(std::move(node)), end_(end) {
  node_->observe(end_, this);
  node_->start(end_);
}

PortReceiver::~PortReceiver() {
  if (fate_) fate_->seal();
  if (end_) node_->observe(end_, nullptr);
}

void PortReceiver::listen() {
  if (end_) node_->observe(end_, this);
}

void PortReceiver::close() {
  const Fate fate(*this);
  end_ = 0;
  wake();
  if (fate.gone()) return;
  if (auto drained = std::exchange(draining_, std::nullopt)) (*drained)(false);
}

// A callback may destroy the port, and with it itself: it is called from the stack and put back after.
template <class F, class... A>
bool PortReceiver::call(F& callback, A&&... arguments) {
  const Fate fate(*this);
  auto f = std::move(callback);
  (*f)(std::forward<A>(arguments)...);
  if (fate.gone()) return false;
  if (!callback) callback = std::move(f);
  return true;
}

// Main waits for nobody, so its handlers of values, too, may be called in place. A child's may call main and wait.
bool PortReceiver::on_parcel(node::Bytes body) {
  if (waiting_) return false;
  if (on_bytes && is_raw(body)) return call(on_bytes, body.subspan(raw_mark.size())), true;
  if (!on_message || node_->id() != node::broker_node) return false;
  deliver(body, {});
  return true;
}

void PortReceiver::wake() {
  if (auto waiting = std::exchange(waiting_, std::nullopt)) (*waiting)(News::something);
}

void PortReceiver::on_parcel_ready() {
  if (waiting_) return wake();
  while (on_message || on_bytes) {
    auto parcel = node_->take(end_);
    if (!parcel || !deliver(*parcel)) return;
  }
}

bool PortReceiver::deliver(node::Received& parcel) {
  const node::Bytes body = parcel.body;
  if (on_bytes && is_raw(body)) return call(on_bytes, body.subspan(raw_mark.size()));
  Message message;
  if (auto load = unload(parcel, message); !load) return !on_error || call(on_error, load.error());
  return deliver(body, std::move(message));
}

bool PortReceiver::deliver(node::Bytes body, Message message) {
  auto data = read_body(body, message.ports.size(), message.buffers.size());
  if (!data) return !on_error || call(on_error, data.error());
  message.data = std::move(*data);
  return !on_message || call(on_message, std::move(message));
}

void PortReceiver::on_closed(node::CloseReason reason) {
  const Fate fate(*this);
  refused_ = false;
  if (auto drained = std::exchange(draining_, std::nullopt)) (*drained)(false);
  if (!fate.gone()) wake();
  if (!fate.gone() && on_close && !std::exchange(told_close_, true)) call(on_close, closed_error(reason));
}

void PortReceiver::on_drained() {
  refused_ = false;
  if (auto drained = std::exchange(draining_, std::nullopt)) (*drained)(true);
}

// What came beside the body.
Result<> PortReceiver::unload(node::Received& parcel, Message& message) {
  for (auto end : parcel.ports) message.ports.emplace_back(node_, end);
  for (auto& memory : parcel.attachments) {
    auto buffer = SharedBuffer::receive(std::move(memory));
    if (!buffer) return std::unexpected(std::move(buffer).error());
    message.buffers.push_back(*std::move(buffer));
  }
  return {};
}

Result<Message> PortReceiver::read(node::Received& parcel) {
  Message message;
  if (auto load = unload(parcel, message); !load) return std::unexpected(std::move(load).error());
  auto data = read_body(parcel.body, message.ports.size(), message.buffers.size());
  if (!data) return std::unexpected(std::move(data).error());
  message.data = std::move(*data);
  return message;
}

Error PortReceiver::end_error() const {
  const auto reason = end_ ? node_->closed(end_) : std::nullopt;
  return closed_error(reason.value_or(node::CloseReason::closed));
}

Task<Result<Message>> PortReceiver::receive() {
  while (true) {
    if (auto parcel = end_ ? node_->take(end_) : std::nullopt) co_return read(*parcel);
    if (!end_ || node_->closed(end_)) co_return std::unexpected(end_error());
    auto [answer, waiting] = one_shot<News>();
    auto replaced = std::exchange(waiting_, std::move(answer));
    if (replaced) (*replaced)(News::replaced);
    auto news = co_await std::move(waiting);
    if (!news) co_return std::unexpected(closed_error(node::CloseReason::closed));
    if (*news == News::replaced) co_return std::unexpected(replaced_error());
  }
}

Task<Result<>> PortReceiver::drained() {
  if (!end_) co_return std::unexpected(end_error());
  if (!refused_) co_return {};
  auto [answer, waiting] = one_shot<bool>();
  auto replaced = std::exchange(draining_, std::move(answer));
  if (replaced) (*replaced)(true);
  auto room = co_await std::move(waiting);
  if (!room) co_return std::unexpected(closed_error(node::CloseReason::closed));
  if (*room) co_return {};
  co_return std::unexpected(end_error());
}

namespace {

Task<Result<Message>> receive_nothing() { co_return std::unexpected(closed_error(node::CloseReason::closed)); }
Task<Result<>> never_drained() { co_return std::unexpected(closed_error(node::CloseReason::closed)); }

}  // namespace

}  // namespace detail

StartedPort MessagePort::start() && { return StartedPort(std::move(node_), release()); }

StartedPort::StartedPort(std::shared_ptr<node::Node> node, node::EndId end) : PortBase(std::move(node), end) {
  if (end_) receiver_ = std::make_unique<detail::PortReceiver>(node_, end_);
}

StartedPort::StartedPort() = default;
StartedPort::StartedPort(StartedPort&&) noexcept = default;
StartedPort& StartedPort::operator=(StartedPort&& other) noexcept {
  receiver_ = std::move(other.receiver_);
  PortBase::operator=(std::move(other));
  return *this;
}
StartedPort::~StartedPort() = default;

void StartedPort::close() {
  PortBase::close();
  if (receiver_) receiver_->close();
}

Result<> StartedPort::noted(Result<> posted) const {
  if (!posted && posted.error().kind == Kind::overloaded && receiver_) receiver_->refused();
  return posted;
}

Task<Result<>> StartedPort::drained() const { return receiver_ ? receiver_->drained() : detail::never_drained(); }

Task<Result<Message>> StartedPort::receive() const {
  return receiver_ ? receiver_->receive() : detail::receive_nothing();
}

void StartedPort::on_message(std::move_only_function<void(Message)> f) const {
  if (!receiver_) return;
  receiver_->on_message = receiver_->box(std::move(f));
  receiver_->listen();
}

void StartedPort::on_bytes(std::move_only_function<void(std::span<const std::byte>)> f) const {
  if (!receiver_) return;
  receiver_->on_bytes = receiver_->box(std::move(f));
  receiver_->listen();
}

void StartedPort::on_message_error(std::move_only_function<void(const Error&)> f) const {
  if (receiver_) receiver_->on_error = receiver_->box(std::move(f));
}

void StartedPort::on_close(std::move_only_function<void(const Error&)> f) const {
  if (!receiver_) return;
  receiver_->on_close = receiver_->box(std::move(f));
  receiver_->listen();
}

MessagePort StartedPort::detach() && {
  receiver_.reset();
  return MessagePort(std::move(node_), release());
}

Result<MessageChannel> MessageChannel::create(const std::shared_ptr<node::Node>& node) {
  auto ends = node->create_channel();
  if (!ends) return std::unexpected(std::move(ends).error());
  return MessageChannel{MessagePort(node, ends->first), MessagePort(node, ends->second)};
}

}  // namespace mullion
