#include "process/boot_port.hpp"

#include <uv.h>

#include <cstring>

#include "mullion/base/loop.hpp"
#include "process/ends.hpp"

namespace mullion::process {

namespace {

bool answers(const Incoming& message, std::uint32_t request) {
  return message.request == request && (message.op == Op::sync_result || message.op == Op::call_error);
}

}  // namespace

BootPort::~BootPort() {
  *alive_ = false;
  node_->observe(end_, nullptr);
  node_->close(end_);
}

void BootPort::start(Handlers handlers) {
  handlers_ = std::move(handlers);
  node_->observe(end_, this);
  node_->start(end_);
}

Result<> BootPort::send_ends(const Outgoing& message, std::span<const node::EndId> ends) {
  if (message.channel.size() > UINT16_MAX)
    return std::unexpected(
        Error{.kind = Kind::invalid, .code = "channel", .message = "a channel's name has at most 65535 bytes"});
  protocol::Head head(static_cast<std::uint8_t>(message.op), static_cast<std::uint8_t>(message.form),
                      static_cast<std::uint16_t>(message.channel.size()), message.request, message.hash, message.frame,
                      0);
  node::Bytes parts[] = {std::as_bytes(std::span(&head, 1)), std::as_bytes(std::span(message.channel)), message.body};
  return node_->post(end_, parts, ends);
}

Result<> BootPort::send(const Outgoing& message, MessagePort** ports, std::size_t count) {
  auto ends = ends_of(ports, count);
  if (!ends) return std::unexpected(ends.error());
  auto sent = send_ends(message, *ends);
  if (sent) given_away(ports, count);
  return sent;
}

Result<> BootPort::send_value(Outgoing message, const Value& value) {
  auto bytes = encode(value);
  message.body = bytes;
  return send(message);
}

Result<Incoming> BootPort::read(node::Bytes body) {
  protocol::Head head;
  if (body.size() < sizeof head)
    return std::unexpected(Error{.kind = Kind::invalid, .message = "a message without a head"});
  std::memcpy(static_cast<void*>(&head), body.data(), sizeof head);
  body = body.subspan(sizeof head);
  if (head.channel_length() > body.size() || head.form() > static_cast<std::uint8_t>(protocol::BodyForm::table))
    return std::unexpected(Error{.kind = Kind::invalid, .message = "a message whose head does not fit it"});
  Incoming message{.op = static_cast<Op>(head.op()), .request = head.request(), .frame = head.frame()};
  message.channel.assign(reinterpret_cast<const char*>(body.data()), head.channel_length());
  body = body.subspan(head.channel_length());
  message.body = {static_cast<detail::Body::Form>(head.form()), head.hash(), {body.begin(), body.end()}};
  return message;
}

bool BootPort::on_parcel(node::Bytes body) {
  if (waiting_ == Waiting::may || !held_.empty()) return false;
  auto message = read(body);
  if (message) {
    handlers_.receive(std::move(*message));
  } else {
    handlers_.violated(message.error().message);
  }
  return true;
}

std::optional<Incoming> BootPort::take() {
  while (auto parcel = node_->take(end_)) {
    auto ports = ports_of(node_, parcel->ports);
    auto message = read(parcel->body);
    if (!message) return handlers_.violated(message.error().message), std::nullopt;
    if (answer_ping(*message)) continue;
    message->ports = std::move(ports);
    return std::move(*message);
  }
  return std::nullopt;
}

bool BootPort::answer_ping(const Incoming& message) {
  bool asked = waiting_ == Waiting::may && message.op == Op::ping;
  if (asked) (void)send({.op = Op::pong, .request = message.request, .frame = message.frame});
  return asked;
}

void BootPort::on_parcel_ready() {
  auto alive = alive_;
  receive_held();
  while (*alive && held_.empty()) {
    auto message = take();
    if (!message) return;
    handlers_.receive(std::move(*message));
  }
}

void BootPort::receive_held() {
  auto alive = alive_;
  while (*alive && !held_.empty()) {
    auto message = std::move(held_.front());
    held_.pop_front();
    handlers_.receive(std::move(message));
  }
}

void BootPort::on_closed(node::CloseReason reason) { handlers_.closed(reason); }

Result<Incoming> BootPort::wait_for(std::uint32_t request, std::uint64_t timeout_ms) {
  auto deadline = uv_hrtime() + timeout_ms * 1'000'000;
  if (held_.empty()) node_->loop().defer([this, alive = alive_] { *alive ? receive_held() : void(); });
  while (true) {
    while (auto message = take()) {
      if (answers(*message, request)) return std::move(*message);
      held_.push_back(std::move(*message));
    }
    auto now = uv_hrtime();
    auto more = now < deadline ? node_->wait(end_, deadline - now) : Result<bool>(false);
    if (!more) return std::unexpected(more.error());
    if (*more) continue;
    if (node_->closed(end_))
      return std::unexpected(Error{.kind = Kind::disconnected, .code = "closed", .message = "main is gone"});
    return std::unexpected(Error{
        .kind = Kind::failed, .code = "timeout", .message = "no answer within " + std::to_string(timeout_ms) + " ms"});
  }
}

}  // namespace mullion::process
