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

  // Boxed, so that they are out of the way in no time while they are called.
  template <class... A>
  using Callback = std::unique_ptr<std::move_only_function<void(A...)>>;
  template <class F>
  static std::unique_ptr<F> box(F f) {
    return f ? std::make_unique<F>(std::move(f)) : nullptr;
  }
  Callback<Message> on_message;
  Callback<std::span<const std::byte>> on_bytes;
  Callback<const Error&> on_error;
  Callback<const Error&> on_close;

 private:
  // On the stack of a call that may destroy the port: whether it has.
  class Fate {
   public:
    explicit Fate(PortReceiver& of) : of_(of), outer_(std::exchange(of.fate_, this)) {}
    ~Fate() {
      if (!gone_) of_.fate_ = outer_;
    }
    Fate(const Fate&) = delete;
    Fate& operator=(const Fate&) = delete;
    bool gone() const { return gone_; }
    void seal() {
      for (Fate* fate = this; fate; fate = fate->outer_) fate->gone_ = true;
    }

   private:
    PortReceiver& of_;
    Fate* outer_;
    bool gone_ = false;
  };
  // What a receive() that waits hears. Nothing at all: this is gone.
  enum class News : std::uint8_t { something, replaced };

  bool on_parcel(node::Bytes body) override;
  void on_parcel_ready() override;
  void on_drained() override;
  void on_closed(node::CloseReason reason) override;
  Result<> unload(node::Received& parcel, Message& message);
  Result<Message> read(node::Received& parcel);
  bool deliver(node::Received& parcel);  // false: this is gone
  bool deliver(node::Bytes body, Message message);
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
  Fate* fate_ = nullptr;  // of the innermost call
};

}  // namespace mullion::detail
