#include "process/script_document.hpp"

#include "ipc/port_body.hpp"
#include "process/ends.hpp"
#include "process/frame.hpp"

namespace mullion::process {

namespace {

std::string origin_of(std::string_view url) {
  auto authority = url.find("://");
  if (authority == std::string_view::npos) return "null";
  return std::string(url.substr(0, url.find('/', authority + 3)));
}

std::vector<node::EndId> release_all(std::vector<MessagePort>&& ports) {
  std::vector<node::EndId> ends;
  for (auto& port : ports) ends.push_back(port.release());
  return ends;
}

script::Buffer error_bytes(const Error& error) { return encode(Value::error(error)); }

}  // namespace

// ---- ports ----

ScriptPort::~ScriptPort() {
  *alive_ = false;
  if (!end_) return;
  document_.node()->observe(end_, nullptr);
  document_.node()->close(end_);
}

void ScriptPort::start() {
  document_.node()->observe(end_, this);
  document_.node()->start(end_);
}

void ScriptPort::stop() { document_.node()->observe(end_, nullptr); }

node::EndId ScriptPort::release() {
  document_.node()->observe(end_, nullptr);
  return std::exchange(end_, 0);
}

namespace {

void append_varint(std::vector<std::byte>& to, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) to.push_back(static_cast<std::byte>(number | 0x80));
  to.push_back(static_cast<std::byte>(number));
}

// For script, which never sees mapped memory: the buffers' bytes, then the message. Nothing where one did not come.
std::vector<std::byte> enveloped(node::Bytes body, std::span<node::Attachment> attachments) {
  std::vector<std::byte> whole{std::byte{2}};
  append_varint(whole, attachments.size());
  for (node::Attachment& memory : attachments) {
    auto buffer = SharedBuffer::receive(std::move(memory));
    if (!buffer) return {};
    const auto bytes = buffer->bytes();
    append_varint(whole, bytes.size());
    whole.insert(whole.end(), bytes.begin(), bytes.end());
  }
  whole.insert(whole.end(), body.begin(), body.end());
  return whole;
}

}  // namespace

void ScriptPort::deliver(node::Bytes body, std::span<const node::EndId> ends,
                         std::span<node::Attachment> attachments) {
  auto ports = document_.add_ports(*owner_, ends);
  if (!attachments.empty()) {
    const auto whole = enveloped(body, attachments);
    return owner_->kernel()->port_message(id_, whole, ports);
  }
  if (!detail::is_raw(body)) return owner_->kernel()->port_message(id_, body, ports);
  auto message = encode(Value(body.subspan(detail::raw_mark.size())));
  owner_->kernel()->port_message(id_, message, ports);
}

// Not in place by on_parcel: a page's handler may call sendSync, which must not wait inside the link's own callback.
void ScriptPort::on_parcel_ready() {
  auto alive = alive_;
  while (*alive && end_) {
    auto parcel = document_.node()->take(end_);
    if (!parcel) return;
    deliver(parcel->body, parcel->ports, parcel->attachments);
  }
}

void ScriptPort::on_closed(node::CloseReason reason) { owner_->kernel()->port_closed(id_, to_string(reason)); }

// ---- the document ----

ScriptDocument::ScriptDocument(preload::detail::World& world)
    : world_(world), main_(*this, script::main_world), isolated_(*this, script::isolated_world) {}

ScriptDocument::~ScriptDocument() {
  *alive_ = false;
  auto why = error_bytes({.kind = Kind::disconnected, .code = "destroyed", .message = "the document is gone"});
  for (auto request : std::exchange(executing_, {})) executed(request, false, why);
}

Result<> ScriptDocument::boot(backend::World which, script::Context& context) {
  worlds_share_document_ = context.engine().worlds_share_document();
  if (which == backend::World::main) return main_.boot(context);
  if (auto booted = isolated_.boot(context); !booted) return booted;
  return isolated_.kernel()->meet(*main_.kernel());
}

const std::shared_ptr<node::Node>& ScriptDocument::node() const { return world_.frame.node(); }

ScriptWorld* ScriptDocument::other(script::WorldId id) {
  auto* world = id == script::main_world ? &main_ : id == script::isolated_world ? &isolated_ : nullptr;
  return world && world->kernel() ? world : nullptr;
}

Result<> ScriptDocument::run_preload(std::string_view source, std::string_view name) {
  return isolated_.kernel()->run_preload(source, name);
}

void ScriptDocument::message(const Incoming& message, std::vector<MessagePort>&& ports) {
  auto ids = add_ports(isolated_, release_all(std::move(ports)));
  isolated_.kernel()->ipc_message(message.channel, message.body.bytes, ids);
}

void ScriptDocument::execute(std::uint32_t request, std::string_view code) {
  executing_.insert(request);
  main_.kernel()->execute(request, code, "");
}

void ScriptDocument::executed(std::uint32_t request, bool ok, script::Bytes value) {
  executing_.erase(request);
  (void)world_.frame.send({.op = ok ? Op::execute_result : Op::execute_error, .request = request, .body = value});
}

script::PortId ScriptDocument::add_port(ScriptWorld& owner, node::EndId end) {
  auto id = next_port_++;
  ports_.emplace(id, std::make_unique<ScriptPort>(*this, owner, id, end));
  return id;
}

std::vector<script::PortId> ScriptDocument::add_ports(ScriptWorld& owner, std::span<const node::EndId> ends) {
  std::vector<script::PortId> ids;
  for (auto end : ends) ids.push_back(add_port(owner, end));
  return ids;
}

Result<std::vector<node::EndId>> ScriptDocument::ends(std::span<const script::PortId> ports) const {
  std::vector<node::EndId> ends;
  for (auto port : ports) {
    auto found = ports_.find(port);
    if (found == ports_.end())
      return std::unexpected(Error{.kind = Kind::invalid,
                                   .code = "DataCloneError",
                                   .message = "Port at index " + std::to_string(ends.size()) + " is not a valid port"});
    ends.push_back(found->second->end());
  }
  return ends;
}

void ScriptDocument::forget(std::span<const script::PortId> ports) {
  for (auto port : ports)
    if (auto sent = ports_.extract(port)) sent.mapped()->release();
}

// ---- the page's window ----

Result<> ScriptDocument::post_to_window(const Value& message, std::vector<MessagePort>&& ports) {
  auto each = pointers(ports);
  if (auto whole = ends_of(each.data(), each.size()); !whole) return std::unexpected(whole.error());
  auto ids = add_ports(main_, release_all(std::move(ports)));
  ports.clear();
  deliver_window_message(encode(message), origin_of(world_.url), ids);
  return {};
}

void ScriptDocument::deliver_window_message(script::Bytes message, std::string_view origin,
                                            std::span<const script::PortId> ports) {
  for (auto port : ports) ports_.at(port)->move_to(main_);
  world_.frame.loop().defer([this, alive = alive_, message = script::Buffer(message.begin(), message.end()),
                             origin = std::string(origin), ports = std::vector(ports.begin(), ports.end())] {
    if (!*alive) return;
    main_.kernel()->window_message(message, origin, ports);
    if (*alive && isolated_.kernel() && !worlds_share_document_)
      isolated_.kernel()->window_message(message, origin, {});
  });
}

// ---- what native code exposed ----

Result<> ScriptDocument::expose(preload::detail::Exposed& exposed) {
  std::vector<script::BridgeMember> members;
  for (auto& member : exposed.members) {
    bool is_data = !member.call && !member.async && !member.request;
    auto id = next_function_++;
    if (!is_data) functions_.emplace(id, &member);
    members.push_back({member.name, is_data ? encode(member.data) : script::bridge_function(script::native_world, id)});
  }
  auto outcome = main_.kernel()->bridge_expose(exposed.key, script::bridge_object(members));
  if (!outcome) return std::unexpected(std::move(outcome).error());
  if (outcome->ok) return {};
  auto why = decode(outcome->value);
  return std::unexpected(why ? mullion::detail::error_of(*why) : why.error());
}

Result<script::Outcome> ScriptDocument::call_native(ScriptWorld& from, script::FunctionId function,
                                                    script::Bytes arguments) {
  auto found = functions_.find(function);
  if (found == functions_.end())
    return std::unexpected(Error{.kind = Kind::invalid, .code = "TypeError", .message = "there is no such function"});
  auto list = mullion::detail::body_arguments({.bytes = {arguments.begin(), arguments.end()}});
  if (!list) return std::unexpected(std::move(list).error());
  auto& member = *found->second;
  bool promises = member.async || member.reply;
  if (promises) return call_later(from, member, std::move(*list));
  script::Outcome outcome;
  world_.call(member, std::move(*list), [&outcome](Result<Value> result) {
    outcome.ok = result.has_value();
    outcome.value = result ? encode(*result) : error_bytes(result.error());
  });
  return outcome;
}

// The promise is there before its answer: one that comes at once is told at the end of the turn.
script::Outcome ScriptDocument::call_later(ScriptWorld& from, Member& member, std::vector<Value> arguments) {
  auto promise = next_function_++;
  auto returned = std::make_shared<bool>(false);
  auto settle = [&from, promise, alive = alive_](const Result<Value>& result) {
    if (!*alive) return;
    auto bytes = result ? encode(*result) : error_bytes(result.error());
    from.kernel()->bridge_settle(promise, result.has_value(), bytes);
  };
  world_.call(member, std::move(arguments), [&loop = world_.frame.loop(), settle, returned](Result<Value> result) {
    if (*returned) return settle(result);
    loop.defer([settle, result = std::move(result)] { settle(result); });
  });
  *returned = true;
  return {true, script::bridge_promise(script::native_world, promise)};
}

}  // namespace mullion::process
