#include "script/kernel.hpp"

#include <array>

#include "script/embedded.hpp"

namespace mullion::script {
namespace {

using Arguments = std::span<Scalar>;

constexpr std::array entry_names{"runTask",       "portMessage",   "portClosed",   "ipcMessage",
                                 "invokeReply",   "windowMessage", "bridgeExpose", "bridgeCall",
                                 "bridgeSettle",  "bridgeRelease", "bridgePart",   "bridgeMeet",
                                 "bridgeExecute", "execute",       "runPreload",   "release"};
enum Entry : std::size_t {
  run_task_entry,
  port_message_entry,
  port_closed_entry,
  ipc_message_entry,
  invoke_reply_entry,
  window_message_entry,
  bridge_expose_entry,
  bridge_call_entry,
  bridge_settle_entry,
  bridge_release_entry,
  bridge_part_entry,
  bridge_meet_entry,
  bridge_execute_entry,
  execute_entry,
  run_preload_entry,
  release_entry,
};

Error broken(std::string what) { return {.code = "kernel", .message = std::move(what)}; }

Error released() {
  return {.kind = Kind::disconnected, .code = "released", .message = "IPC method called after context was released"};
}

// What a native was called with; what is missing or of another type reads as nothing.
std::string_view text(Arguments list, std::size_t at) {
  return at < list.size() ? list[at].text() : std::string_view();
}
Bytes bytes(Arguments list, std::size_t at) { return at < list.size() ? list[at].bytes() : Bytes(); }
bool flag(Arguments list, std::size_t at) { return at < list.size() && bool(list[at]); }
template <class T = std::uint64_t>
T number(Arguments list, std::size_t at) {
  return at < list.size() ? static_cast<T>(list[at].number()) : T();
}
std::vector<PortId> ports(Arguments list, std::size_t from) {
  std::vector<PortId> ids;
  for (std::size_t at = from; at < list.size(); ++at) ids.push_back(number(list, at));
  return ids;
}

Result<> nothing(Result<Scalar> done) {
  if (!done) return std::unexpected(std::move(done).error());
  return {};
}
Result<Scalar> nothing(Result<> done) {
  if (!done) return std::unexpected(std::move(done).error());
  return Scalar();
}

// An outcome crosses as its message and one byte that says which it is.
Result<Scalar> to_scalar(Result<Outcome> outcome) {
  if (!outcome) return std::unexpected(std::move(outcome).error());
  outcome->value.push_back(std::byte(outcome->ok ? 0 : 1));
  return Scalar(std::move(outcome->value));
}
Result<Outcome> to_outcome(Result<Scalar> scalar) {
  if (!scalar) return std::unexpected(std::move(scalar).error());
  Outcome outcome{.value = scalar->take_bytes()};
  if (outcome.value.empty()) return std::unexpected(broken("the kernel gave no outcome"));
  outcome.ok = outcome.value.back() == std::byte(0);
  outcome.value.pop_back();
  return outcome;
}

class KernelImpl final : public Kernel {
 public:
  KernelImpl(Context& context, KernelHost& host) : context_(context), host_(host) {}
  ~KernelImpl() override;
  Result<> boot(WorldId world);

  void run_task() override { call(run_task_entry); }
  void port_message(PortId port, Bytes message, std::span<const PortId> ports) override;
  void port_closed(PortId port, std::string_view reason) override { call(port_closed_entry, port, reason); }
  void ipc_message(std::string_view channel, Bytes arguments, std::span<const PortId> ports) override;
  void invoke_reply(std::uint64_t request, bool ok, Bytes value) override {
    call(invoke_reply_entry, request, ok, Scalar::lend(value));
  }
  void window_message(Bytes message, std::string_view origin, std::span<const PortId> ports) override;
  Result<> meet(Kernel& other) override;
  Result<Outcome> bridge_expose(std::string_view key, Bytes api) override {
    return to_outcome(context_.call(*entries_[bridge_expose_entry], native_world, key, Scalar::lend(api)));
  }
  void bridge_settle(FunctionId promise, bool ok, Bytes value) override {
    call(bridge_settle_entry, native_world, promise, ok, Scalar::lend(value));
  }
  Result<Outcome> bridge_execute(WorldId from, std::string_view function_source, Bytes arguments) override;
  void execute(std::uint64_t request, std::string_view code, std::string_view url) override;
  Result<> run_preload(std::string_view source, std::string_view url) override;

 private:
  struct NativeCall {
    const char* name;
    Result<Scalar> (KernelImpl::*run)(Arguments);
  };
  static const NativeCall natives[];

  Result<> hear_of(KernelImpl& other);
  Result<> give_natives(Function& kernel);
  Result<> give(Function& kernel, const NativeCall& native);
  Result<> check_entries() const;
  template <class... A>
  void call(Entry entry, A... arguments) {
    told(context_.call(*entries_[entry], std::move(arguments)...));
  }
  void call_with_ports(Entry entry, Scalar first, Scalar second, std::span<const PortId> ports);
  void told(const Result<Scalar>& result);

  Result<Scalar> keep(Arguments list);
  Result<Scalar> utf8(Arguments list);
  Result<Scalar> text_of(Arguments list);
  Result<Scalar> later(Arguments list);
  Result<Scalar> report(Arguments list);
  Result<Scalar> create_channel(Arguments list);
  Result<Scalar> port_post(Arguments list);
  Result<Scalar> port_start(Arguments list);
  Result<Scalar> port_stop(Arguments list);
  Result<Scalar> port_close(Arguments list);
  Result<Scalar> ipc_send(Arguments list);
  Result<Scalar> ipc_post_message(Arguments list);
  Result<Scalar> ipc_send_sync(Arguments list);
  Result<Scalar> ipc_invoke(Arguments list);
  Result<Scalar> window_post(Arguments list);
  Result<Scalar> call_bridge(Arguments list);
  Result<Scalar> release(Arguments list);
  Result<Scalar> execute_bridge(Arguments list);
  Result<Scalar> executed(Arguments list);

  Context& context_;
  KernelHost& host_;
  WorldId world_ = main_world;
  std::array<std::unique_ptr<Function>, entry_names.size()> entries_{};
  // What natives reach the kernel by: script may hold one of them longer than the kernel lives.
  std::shared_ptr<KernelImpl*> self_ = std::make_shared<KernelImpl*>(this);
};

const KernelImpl::NativeCall KernelImpl::natives[] = {
    {"keep", &KernelImpl::keep},
    {"utf8", &KernelImpl::utf8},
    {"text", &KernelImpl::text_of},
    {"later", &KernelImpl::later},
    {"report", &KernelImpl::report},
    {"createChannel", &KernelImpl::create_channel},
    {"portPost", &KernelImpl::port_post},
    {"portStart", &KernelImpl::port_start},
    {"portStop", &KernelImpl::port_stop},
    {"portClose", &KernelImpl::port_close},
    {"ipcSend", &KernelImpl::ipc_send},
    {"ipcPostMessage", &KernelImpl::ipc_post_message},
    {"ipcSendSync", &KernelImpl::ipc_send_sync},
    {"ipcInvoke", &KernelImpl::ipc_invoke},
    {"windowPost", &KernelImpl::window_post},
    {"bridgeCall", &KernelImpl::call_bridge},
    {"bridgeRelease", &KernelImpl::release},
    {"bridgeExecute", &KernelImpl::execute_bridge},
    {"executed", &KernelImpl::executed},
};

Result<> KernelImpl::boot(WorldId world) {
  world_ = world;
  auto evaluated = context_.evaluate(embedded::kernel, "mullion:kernel");
  if (!evaluated) return std::unexpected(std::move(evaluated).error());
  std::unique_ptr<Function> kernel = evaluated->take_function();
  if (!kernel) return std::unexpected(broken("the kernel is no function"));
  if (auto given = give_natives(*kernel); !given) return given;
  auto booted = context_.call(*kernel, "boot", world);
  if (!booted) return std::unexpected(std::move(booted).error());
  return check_entries();
}

Result<> KernelImpl::give_natives(Function& kernel) {
  for (const NativeCall& native : natives)
    if (auto given = give(kernel, native); !given) return given;
  return {};
}

Result<> KernelImpl::give(Function& kernel, const NativeCall& native) {
  auto made = context_.make_native(native.name, [self = self_, run = native.run](Arguments list) -> Result<Scalar> {
    if (!*self) return std::unexpected(released());
    return ((*self)->*run)(list);
  });
  if (!made) return std::unexpected(std::move(made).error());
  auto given = context_.call(kernel, native.name, **made);
  if (!given) return std::unexpected(std::move(given).error());
  return {};
}

Result<> KernelImpl::check_entries() const {
  for (std::size_t at = 0; at < entries_.size(); ++at)
    if (!entries_[at]) return std::unexpected(broken(std::string("the kernel has no ") + entry_names[at]));
  return {};
}

Result<> KernelImpl::meet(Kernel& other) {
  auto& peer = static_cast<KernelImpl&>(other);
  if (auto heard = hear_of(peer); !heard) return heard;
  return peer.hear_of(*this);
}

Result<> KernelImpl::hear_of(KernelImpl& other) {
  auto& of = other.entries_;
  auto heard =
      context_.call(*entries_[bridge_meet_entry], other.world_, *of[bridge_expose_entry], *of[bridge_call_entry],
                    *of[bridge_settle_entry], *of[bridge_release_entry], *of[bridge_part_entry]);
  return nothing(std::move(heard));
}

KernelImpl::~KernelImpl() {
  if (entries_[release_entry]) call(release_entry);
  *self_ = nullptr;
}

// Entries catch what script throws; what is left is the engine's: a used up stack. A context that is gone is no news.
void KernelImpl::told(const Result<Scalar>& result) {
  if (!result && result.error().code != "released") host_.report({.name = "Error", .message = result.error().message});
}

void KernelImpl::call_with_ports(Entry entry, Scalar first, Scalar second, std::span<const PortId> ports) {
  std::vector<Scalar> list;
  list.reserve(2 + ports.size());
  list.push_back(std::move(first));
  list.push_back(std::move(second));
  for (PortId port : ports) list.emplace_back(port);
  told(context_.call_with(*entries_[entry], list));
}

void KernelImpl::port_message(PortId port, Bytes message, std::span<const PortId> ports) {
  call_with_ports(port_message_entry, port, Scalar::lend(message), ports);
}

void KernelImpl::ipc_message(std::string_view channel, Bytes arguments, std::span<const PortId> ports) {
  call_with_ports(ipc_message_entry, channel, Scalar::lend(arguments), ports);
}

void KernelImpl::window_message(Bytes message, std::string_view origin, std::span<const PortId> ports) {
  call_with_ports(window_message_entry, Scalar::lend(message), origin, ports);
}

Result<Outcome> KernelImpl::bridge_execute(WorldId from, std::string_view function_source, Bytes arguments) {
  std::string source = "(" + std::string(function_source) + "\n)";
  Scalar more[] = {from, Scalar::lend(arguments)};
  Function& sink = *entries_[bridge_execute_entry];
  return to_outcome(context_.evaluate_into(sink, source, "mullion:executeInMainWorld", 1, more));
}

void KernelImpl::execute(std::uint64_t request, std::string_view code, std::string_view url) {
  Scalar more[] = {request};
  told(context_.evaluate_into(*entries_[execute_entry], code, url, 1, more));
}

Result<> KernelImpl::run_preload(std::string_view source, std::string_view url) {
  std::string wrapped = "(function (require, module, exports) {" + std::string(source) + "\n})";
  auto ran = context_.evaluate_into(*entries_[run_preload_entry], wrapped, url, 1, {});
  if (!ran) return std::unexpected(std::move(ran).error());
  return {};
}

// ---- what script calls

Result<Scalar> KernelImpl::keep(Arguments list) {
  for (std::size_t at = 0; at < entries_.size(); ++at)
    if (text(list, 0) == entry_names[at] && list.size() > 1) entries_[at] = list[1].take_function();
  return Scalar();
}

Result<Scalar> KernelImpl::utf8(Arguments list) {
  auto view = std::as_bytes(std::span(text(list, 0)));
  return Scalar(Buffer(view.begin(), view.end()));
}

Result<Scalar> KernelImpl::text_of(Arguments list) {
  Bytes view = bytes(list, 0);
  return Scalar(std::string(reinterpret_cast<const char*>(view.data()), view.size()));
}

Result<Scalar> KernelImpl::later(Arguments) {
  host_.later();
  return Scalar();
}

Result<Scalar> KernelImpl::report(Arguments list) {
  Exception exception;
  exception.name = text(list, 0);
  exception.message = text(list, 1);
  exception.url = text(list, 2);
  exception.line = number<int>(list, 3);
  exception.column = number<int>(list, 4);
  exception.stack = text(list, 5);
  host_.report(exception);
  return Scalar();
}

Result<Scalar> KernelImpl::create_channel(Arguments) {
  auto id = host_.create_channel();
  if (!id) return std::unexpected(std::move(id).error());
  return Scalar(*id);
}

Result<Scalar> KernelImpl::port_post(Arguments list) {
  return nothing(host_.port_post(number(list, 0), bytes(list, 1), ports(list, 2)));
}

Result<Scalar> KernelImpl::port_start(Arguments list) {
  host_.port_start(number(list, 0));
  return Scalar();
}

Result<Scalar> KernelImpl::port_stop(Arguments list) {
  host_.port_stop(number(list, 0));
  return Scalar();
}

Result<Scalar> KernelImpl::port_close(Arguments list) {
  host_.port_close(number(list, 0));
  return Scalar();
}

Result<Scalar> KernelImpl::ipc_send(Arguments list) { return nothing(host_.ipc_send(text(list, 0), bytes(list, 1))); }

Result<Scalar> KernelImpl::ipc_post_message(Arguments list) {
  return nothing(host_.ipc_post_message(text(list, 0), bytes(list, 1), ports(list, 2)));
}

Result<Scalar> KernelImpl::ipc_send_sync(Arguments list) {
  auto reply = host_.ipc_send_sync(text(list, 0), bytes(list, 1));
  if (!reply) return std::unexpected(std::move(reply).error());
  return Scalar(std::move(*reply));
}

Result<Scalar> KernelImpl::ipc_invoke(Arguments list) {
  return nothing(host_.ipc_invoke(number(list, 0), text(list, 1), bytes(list, 2)));
}

Result<Scalar> KernelImpl::window_post(Arguments list) {
  return nothing(host_.window_post(bytes(list, 0), text(list, 1), ports(list, 2)));
}

Result<Scalar> KernelImpl::call_bridge(Arguments list) {
  return to_scalar(host_.bridge_call(number(list, 0), bytes(list, 1)));
}

Result<Scalar> KernelImpl::release(Arguments list) {
  host_.bridge_release(number(list, 0), number(list, 1));
  return Scalar();
}

Result<Scalar> KernelImpl::execute_bridge(Arguments list) {
  return to_scalar(host_.bridge_execute(number<WorldId>(list, 0), text(list, 1), bytes(list, 2)));
}

Result<Scalar> KernelImpl::executed(Arguments list) {
  host_.executed(number(list, 0), flag(list, 1), bytes(list, 2));
  return Scalar();
}

}  // namespace

Result<std::unique_ptr<Kernel>> Kernel::boot(Context& context, KernelHost& host, const KernelOptions& options) {
  auto kernel = std::make_unique<KernelImpl>(context, host);
  if (auto booted = kernel->boot(options.world); !booted) return std::unexpected(std::move(booted).error());
  return kernel;
}

}  // namespace mullion::script
