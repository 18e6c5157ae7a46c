#include "mullion/node/node.hpp"

#include "node/node_state.hpp"

namespace mullion::node {

Node::Node(std::shared_ptr<NodeState> state) : state_(std::move(state)) {}
Node::~Node() = default;

Loop& Node::loop() const { return state_->loop(); }
NodeId Node::id() const { return state_->id(); }
bool Node::open() const { return state_->open(); }

Result<std::pair<EndId, EndId>> Node::create_channel() { return state_->create_channel(); }

Result<> Node::post(EndId end, std::span<const Bytes> parts, std::span<const EndId> ports, Room room) {
  return state_->post(end, parts, ports, room);
}

Result<> Node::post(EndId end, Bytes body, std::span<const EndId> ports, Room room) {
  return state_->post(end, std::span(&body, 1), ports, room);
}

Result<> Node::post(EndId end, std::span<const Bytes> parts, std::span<const EndId> ports,
                    std::span<const Attachment> attachments, Room room) {
  return state_->post(end, parts, ports, room, attachments);
}

void Node::observe(EndId end, EndObserver* observer) { state_->observe(end, observer); }
void Node::start(EndId end) { state_->start(end); }
bool Node::started(EndId end) const { return state_->started(end); }
std::optional<Received> Node::take(EndId end) { return state_->take(end); }
void Node::close(EndId end) { state_->close(end); }
bool Node::holds(EndId end) const { return state_->holds(end); }
std::optional<CloseReason> Node::closed(EndId end) const { return state_->closed(end); }
std::size_t Node::queued_bytes(EndId end) const { return state_->queued_bytes(end); }
Result<bool> Node::wait(EndId end, std::uint64_t timeout_ns) { return state_->wait(end, timeout_ns); }

void Node::on_disconnected(std::move_only_function<void(const Error&)> f) { state_->on_disconnected(std::move(f)); }

}  // namespace mullion::node
