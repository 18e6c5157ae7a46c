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
                             .link = {.medium = start.medium}};
  auto* self = child.get();
  auto alive = child->alive_;
  node::ChildEvents events{
      .link_failed = [self, alive](const Error& why) { *alive ? self->link_failed(why) : void(); },
      .exited = [self, alive](node::ExitStatus status) { *alive ? self->exited(status) : void(); }};
  auto id = broker.spawn(std::move(options), std::move(events));
  if (!id) return std::unexpected(std::move(id).error());
  child->id_ = *id;
  child->boot_ = std::make_unique<BootPort>(broker.share_node(), broker.boot_end(*id), Waiting::never);
  child->boot_->start({.receive = [self](Incoming message) { self->handlers_.receive(std::move(message)); },
                       .violated = [self](std::string what) { self->violated(std::move(what)); },
                       .closed = [self](node::CloseReason) { self->boot_closed(); }});
  return child;
}

ChildProcess::~ChildProcess() {
  *alive_ = false;
  if (!end_) kill(SIGKILL);
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
