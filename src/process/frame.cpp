#include "process/frame.hpp"

#include "mullion/base/log.hpp"
#include "process/renderer_process.hpp"
#include "process/script_document.hpp"

namespace mullion::process {

using preload::detail::World;

namespace {

constexpr std::size_t most_early = 10'000;

}  // namespace

Preload read_preload(const protocol::PreloadScript& script) {
  return {.name = script.name()->str(),
          .source = script.source() ? std::optional(script.source()->str()) : std::nullopt,
          .error = script.error() ? script.error()->str() : ""};
}

Frame::Frame(RendererProcess& process, Place place, std::vector<std::string> arguments, Preload preload)
    : process_(process), place_(place), arguments_(std::move(arguments)), preload_(std::move(preload)) {
  process_.add(*this);
}

Frame::~Frame() {
  world_.reset();
  process_.remove(*this);
  (void)send({.op = Op::frame_gone});
}

Loop& Frame::loop() const { return process_.loop(); }

const std::shared_ptr<node::Node>& Frame::node() const { return process_.boot().node(); }

// ---- messages ----

void Frame::receive(Incoming message) {
  switch (message.op) {
    case Op::send_to_frame:
    case Op::post_to_frame:
      if (world_ && world_->ready) return world_->message(std::move(message));
      if (early_.size() < most_early) early_.push_back(std::move(message));
      return;
    case Op::execute:
      return execute(message);
    case Op::invoke_result:
    case Op::call_error:
      return world_ ? world_->reply(std::move(message)) : void();
    default:
      return;
  }
}

void Frame::execute(const Incoming& message) {
  auto code = body_value(message.body);
  if (world_ && world_->script && code) return world_->script->execute(message.request, code->string());
  (void)send_value(
      {.op = Op::execute_error, .request = message.request},
      Value::error(
          {.kind = Kind::unimplemented, .code = "no-script", .message = "there is no document that runs scripts"}));
}

std::uint32_t Frame::next_request() const { return process_.next_request(); }

Result<> Frame::send(Outgoing message, MessagePort** ports, std::size_t count) const {
  message.frame = place_.id;
  return process_.boot().send(message, ports, count);
}

Result<> Frame::send_ends(Outgoing message, std::span<const node::EndId> ends) const {
  message.frame = place_.id;
  return process_.boot().send_ends(message, ends);
}

Result<> Frame::send_value(Outgoing message, const Value& value) const {
  message.frame = place_.id;
  return process_.boot().send_value(message, value);
}

Result<Incoming> Frame::call_sync(Outgoing message, std::uint64_t timeout_ms) const {
  message.request = next_request();
  if (auto sent = send(message); !sent) return std::unexpected(sent.error());
  auto answer = process_.boot().wait_for(message.request, timeout_ms);
  if (!answer || answer->op != Op::call_error) return answer;
  auto why = body_value(answer->body);
  return std::unexpected(why ? mullion::detail::error_of(*why) : why.error());
}

// ---- documents ----

Result<> Frame::context_created(backend::World which, script::Context& context, std::string_view url) {
  if (which == backend::World::main) world_ = std::make_unique<World>(*this, std::string(url));
  if (!world_ || world_->page)
    return std::unexpected(Error{.kind = Kind::invalid, .code = "world", .message = "the main world is created first"});
  if (!world_->script) world_->script = std::make_unique<ScriptDocument>(*world_);
  if (auto booted = world_->script->boot(which, context); !booted) return booted;
  if (which == backend::World::isolated) run_preload();
  return {};
}

Result<renderer::Page*> Frame::page_created(std::string_view url) {
  world_ = std::make_unique<World>(*this, std::string(url));
  world_->page = std::make_unique<renderer::Page>(*world_);
  run_preload();
  return world_->page.get();
}

void Frame::run_preload() {
  if (auto ran = run_preload_of(*world_); !ran) preload_failed(ran.error());
  world_->ready = true;
  for (auto& message : std::exchange(early_, {})) {
    if (!world_) return;
    world_->message(std::move(message));
  }
}

Result<> Frame::run_preload_of(World& world) {
  if (preload_.name.empty()) return {};
  if (!preload_.error.empty())
    return std::unexpected(Error{.kind = Kind::invalid, .code = "ENOENT", .message = preload_.error});
  if (preload_.source) {
    world.scripted_preload = true;
    if (world.script) return world.script->run_preload(*preload_.source, preload_.name);
    return std::unexpected(
        Error{.kind = Kind::unimplemented,
              .code = "no-script",
              .message = "this backend runs no scripts: its preload must be an entry of Program::preloads"});
  }
  for (const auto& preload : process_.program().preloads)
    if (preload.name == preload_.name) return preload.entry(world.context);
  return std::unexpected(
      Error{.kind = Kind::invalid, .message = "this program has no preload called '" + preload_.name + "'"});
}

void Frame::preload_failed(const Error& error) const {
  log(Level::error, "preload " + preload_.name + ": " + error.message);
  (void)send_value({.op = Op::preload_failed, .channel = preload_.name}, Value::error(error));
}

}  // namespace mullion::process
