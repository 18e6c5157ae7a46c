// One frame of a renderer process: its documents one after the other, its preload, and its way to main. Private.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mullion/backend.hpp"
#include "mullion/base/loop.hpp"
#include "process/boot_port.hpp"
#include "process/world.hpp"

namespace mullion::process {

class RendererProcess;

// What a preload is: nothing, an entry of the program, or a script.
struct Preload {
  std::string name{};
  std::optional<std::string> source{};
  std::string error{};  // why the script's file could not be read
};

Preload read_preload(const protocol::PreloadScript& script);

class Frame final : public backend::Frame {
 public:
  struct Place {
    std::uint32_t id = 0;
    bool is_main = true;
  };
  Frame(RendererProcess& process, Place place, std::vector<std::string> arguments, Preload preload);
  ~Frame() override;

  std::uint32_t id() const { return place_.id; }
  bool is_main() const { return place_.is_main; }
  const std::vector<std::string>& arguments() const { return arguments_; }
  Loop& loop() const;
  const std::shared_ptr<node::Node>& node() const;
  void set_preload(Preload preload) { preload_ = std::move(preload); }

  // ---- main's messages to this frame ----
  void receive(Incoming message);

  // ---- to main ----
  std::uint32_t next_request() const;
  Result<> send(Outgoing message, MessagePort** ports = nullptr, std::size_t count = 0) const;
  Result<> send_ends(Outgoing message, std::span<const node::EndId> ends) const;
  Result<> send_value(Outgoing message, const Value& value) const;
  // Waits for main's answer; the other messages are received afterwards.
  Result<Incoming> call_sync(Outgoing message, std::uint64_t timeout_ms) const;

  // ---- backend::Frame ----
  Result<> context_created(backend::World which, script::Context& context, std::string_view url) override;
  void contexts_released() override { world_.reset(); }
  Result<renderer::Page*> page_created(std::string_view url) override;
  void page_released() override { world_.reset(); }

 private:
  void execute(const Incoming& message);
  void run_preload();
  Result<> run_preload_of(preload::detail::World& world);
  void preload_failed(const Error& error) const;

  RendererProcess& process_;
  Place place_;
  std::vector<std::string> arguments_;
  Preload preload_;
  std::unique_ptr<preload::detail::World> world_;
  std::vector<Incoming> early_;  // before the first document is there
};

}  // namespace mullion::process
