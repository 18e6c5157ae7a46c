#include "mullion/process/utility_process.hpp"

#include <csignal>

#include "process/app_state.hpp"
#include "process/ends.hpp"
#include "process/utility.hpp"

namespace mullion::main {

namespace {

constexpr std::uint64_t patience_ms = 1000;  // between SIGTERM and SIGKILL

Error gone(const std::string& name) {
  return {.kind = Kind::disconnected, .code = "destroyed", .message = "the utility process " + name + " has ended"};
}

}  // namespace

Result<UtilityProcess> UtilityProcess::fork(App& app, std::string_view name, UtilityProcessOptions options) {
  auto& state = detail::state_of(app);
  if (auto ready = state.check_ready("utilityProcess"); !ready) return std::unexpected(ready.error());
  bool known = false;
  for (const auto& entry : state.program.utilities) known |= entry.name == name;
  if (!known)
    return std::unexpected(Error{.kind = Kind::invalid,
                                 .code = "entry",
                                 .message = "Program::utilities has no entry called '" + std::string(name) + "'"});
  auto service = options.service_name.empty() ? std::string(name) : options.service_name;
  auto utility = std::make_shared<detail::Utility>(state, std::move(service));
  if (auto started = utility->start(name, std::move(options)); !started) return std::unexpected(started.error());
  state.utilities.push_back(utility);
  return UtilityProcess(std::move(utility));
}

int UtilityProcess::pid() const { return utility_->child ? utility_->child->pid() : 0; }

transport::Medium UtilityProcess::transport() const {
  return utility_->child ? utility_->child->medium() : transport::Medium::automatic;
}

Result<> UtilityProcess::post_each(const Value& message, MessagePort** ports, std::size_t count) const {
  return utility_->post(message, ports, count);
}

bool UtilityProcess::kill() const { return utility_->kill(); }

Emitter& UtilityProcess::emitter() const { return utility_->emitter; }

namespace detail {

Result<> Utility::start(std::string_view entry, UtilityProcessOptions options) {
  auto started = process::ChildProcess::start(
      *app->broker,
      {.role = "utility",
       .name = name,
       .medium = options.transport,
       .environment = std::move(options.environment),
       .isolation = options.isolation,
       .system_calls = options.isolation == Isolation::isolated ? app->system_calls() : -1},
      {.receive = [this](process::Incoming) { child->violated("a utility process sends nothing here"); },
       .ended = [this](const process::ChildEnd& end) { ended(end); }});
  if (!started) return std::unexpected(std::move(started).error());
  child = std::move(*started);
  auto channel = MessageChannel::create(app->broker->share_node());
  if (!channel) return std::unexpected(std::move(channel).error());
  flatbuffers::FlatBufferBuilder builder;
  auto entry_name = builder.CreateString(entry);
  auto arguments = builder.CreateVectorOfStrings(options.arguments);
  builder.Finish(protocol::CreateUtilityStart(builder, entry_name, arguments));
  MessagePort* given[] = {&channel->port2};
  auto sent =
      child->boot().send({.op = process::Op::utility_start, .body = std::as_bytes(builder.GetBufferSpan())}, given, 1);
  if (!sent) return sent;
  port.emplace(std::move(channel->port1).start());
  port->on_message([this](Message message) { emitter.emit(main::message, message); });
  port->on_close([this](const Error&) { port_closed(); });
  return {};
}

Result<> Utility::post(const Value& message, MessagePort** ports, std::size_t count) {
  if (!app || end_) return std::unexpected(gone(name));
  return port->post_message_with(message, {ports, count});
}

bool Utility::kill() {
  if (!app || end_) return false;
  child->kill(SIGTERM);
  patience_ = Timer(app->loop, patience_ms, [this] { child->kill(SIGKILL); });
  return true;
}

void Utility::ended(const process::ChildEnd& end) {
  end_ = end;
  finish();
}

void Utility::port_closed() {
  port_open_ = false;
  finish();
}

void Utility::finish() {
  if (!end_ || port_open_ || !app) return;
  auto self = shared_from_this();
  auto* state = std::exchange(app, nullptr);
  std::erase(state->utilities, self);
  patience_ = {};
  if (end_->reason != "clean-exit")
    state->emitter.emit(child_process_gone, ChildProcessGone{"Utility", name, end_->reason, end_->code});
  auto last = std::move(emitter);
  last.emit(main::exit, end_->signalled ? 128 + end_->code : end_->code);
  state->loop.defer([self] { self->child.reset(); });
}

}  // namespace detail
}  // namespace mullion::main
