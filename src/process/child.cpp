#include "process/child.hpp"

#include <csignal>

namespace mullion::process {

namespace {

bool was_killed(int signal) { return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP; }

ChildEnd describe(const node::ExitStatus& status, bool lied) {
  if (lied) return {"protocol", status.signal ? status.signal : status.code, status.signal != 0};
  if (!status.known) return {"abnormal-exit", 0, false};
  if (status.signal) return {was_killed(status.signal) ? "killed" : "crashed", status.signal, true};
  return {status.code ? "abnormal-exit" : "clean-exit", status.code, false};
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(node::Broker& broker, ChildStart start, Handlers handlers) {
  std::unique_ptr<ChildProcess> child(new ChildProcess(broker, std::move(handlers)));
  node::ChildOptions options{.role = std::move(start.role),
                             .name = std::move(start.name),
                             .environment = std::move(start.environment),
                             .link = {.medium = start.medium},
                             .isolated = start.isolation == Isolation::isolated};
  if (options.isolated && start.system_calls >= 0) {
    options.grant = start.system_calls;
    options.arguments = {"--mullion-system-calls=" + std::to_string(node::granted_descriptor)};
  }
  auto id = broker.spawn(std::move(options), child->events());
  if (!id) return std::unexpected(std::move(id).error());
  child->open_boot(*id);
  return child;
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::adopt(node::Broker& broker, UniqueFd socket, std::string name,
                                                          Handlers handlers) {
  std::unique_ptr<ChildProcess> child(new ChildProcess(broker, std::move(handlers)));
  child->adopted_ = true;
  node::AdoptOptions options{.name = std::move(name), .link = {.sandboxed = true}};
  auto id = broker.adopt(std::move(socket), std::move(options), child->events());
  if (!id) return std::unexpected(std::move(id).error());
  child->open_boot(*id);
  return child;
}

node::ChildEvents ChildProcess::events() {
  return {.link_failed = [this, alive = alive_](const Error& why) { *alive ? link_failed(why) : void(); },
          .exited = [this, alive = alive_](node::ExitStatus status) { *alive ? exited(status) : void(); }};
}

void ChildProcess::open_boot(node::ChildId id) {
  id_ = id;
  boot_ = std::make_unique<BootPort>(broker_.share_node(), broker_.boot_end(id), Waiting::never);
  boot_->start({.receive = [this](Incoming message) { handlers_.receive(std::move(message)); },
                .violated = [this](std::string what) { violated(std::move(what)); },
                .closed = [this](node::CloseReason) { boot_closed(); }});
}

ChildProcess::~ChildProcess() {
  *alive_ = false;
  if (end_) return;
  adopted_ ? broker_.disconnect(id_) : kill(SIGKILL);
}

int ChildProcess::pid() const { return end_ ? 0 : static_cast<int>(broker_.pid(id_)); }

void ChildProcess::kill(int signal) { (void)broker_.kill(id_, signal); }

void ChildProcess::violated(std::string what) { broker_.report_violation(id_, std::move(what)); }

transport::Medium ChildProcess::medium() const { return broker_.medium(id_); }

transport::LinkStats ChildProcess::stats() const { return broker_.link_stats(id_); }

std::uint64_t ChildProcess::memory_bytes() const { return broker_.memory_bytes(id_); }

// A child without a link is of no use to anyone, and may be one that lied: it does not outlive its link.
void ChildProcess::link_failed(const Error& why) {
  lied_ = why.code == "protocol";
  kill(SIGKILL);
}

void ChildProcess::exited(node::ExitStatus status) {
  end_ = describe(status, lied_);
  finish();
}

void ChildProcess::boot_closed() {
  boot_closed_ = true;
  finish();
}

void ChildProcess::finish() {
  if (end_ && boot_closed_) handlers_.ended(*end_);
}

}  // namespace mullion::process
