// What a StartedPort keeps at one place while it moves: the node's observer of its end. Private.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "mullion/ipc/port.hpp"
#include "mullion/node/node.hpp"

namespace mullion::detail {

class PortReceiver final : public node::EndObserver {
 public:
  PortReceiver(std::shared_ptr<node::Node> node, node::EndId end);
  ~PortReceiver();
  PortReceiver(const PortReceiver&) = delete;
  PortReceiver& operator=(const PortReceiver&) = delete;

  Task<Result<Message>> receive();
  Task<Result<>> drained();
  void refused() { refused_ = true; }  // a try_post: on_drained will come
  void listen();                       // a callback was set: what waits for it is told
  void close();                        // the port was, by its owner

  std::move_only_function<void(Message)> on_message;
  std::move_only_function<void(std::span<const std::byte>)> on_bytes;
  std::move_only_function<void(const Error&)> on_error;
  std::move_only_function<void(const Error&)> on_close;

 private:
  // What a receive() that waits hears. Nothing at all: this is gone.
  enum class News : std::uint8_t { something, replaced };

  bool on_parcel(node::Bytes body) override;
  void on_parcel_ready() override;
  void on_drained() override;
  void on_closed(node::CloseReason reason) override;
  Result<Message> read(node::Received parcel);
  bool deliver(node::Received parcel);  // false: this is gone
  void wake();
  Error end_error() const;
  template <class F, class... A>
  bool call(F& callback, A&&... arguments);

  std::shared_ptr<node::Node> node_;
  node::EndId end_;
  std::optional<OneShot<News>::Answer> waiting_;
  std::optional<OneShot<bool>::Answer> draining_;
  bool refused_ = false;
  bool told_close_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace mullion::detail
