#include "process/renderer_process.hpp"

#include "mullion/base/log.hpp"
#include "process/script_document.hpp"

namespace mullion::process {

using preload::detail::World;

namespace {

constexpr std::size_t most_early = 10'000;

template <class T>
const T* table(const Incoming& message) {
  auto* bytes = reinterpret_cast<const std::uint8_t*>(message.body.bytes.data());
  flatbuffers::Verifier verifier(bytes, message.body.bytes.size());
  return verifier.VerifyBuffer<T>() ? flatbuffers::GetRoot<T>(bytes) : nullptr;
}

}  // namespace

RendererProcess::RendererProcess(Loop& loop, node::ChildNode& child, const Program& program)
    : loop_(loop), program_(program), boot_(child.share_node(), child.boot_end(), Waiting::may) {}

RendererProcess::~RendererProcess() {
  renderer_.reset();
  world_.reset();
}

void RendererProcess::start() {
  boot_.start({.receive = [this](Incoming message) { receive(std::move(message)); },
               .violated = [this](const std::string& what) { fail(what); },
               .closed = [this](node::CloseReason) { loop_.stop(); }});
}

void RendererProcess::fail(const std::string& why) {
  code_ = report({.message = why});
  loop_.stop();
}

void RendererProcess::receive(Incoming message) {
  switch (message.op) {
    case Op::renderer_start:
      return begin(message);
    case Op::preload_script:
      return remember_preload(message);
    case Op::view_message:
      if (auto value = body_value(message.body); value && renderer_) renderer_->on_message(std::move(*value));
      return;
    case Op::send_to_frame:
    case Op::post_to_frame:
      if (world_ && world_->ready) return world_->message(std::move(message));
      if (early_.size() < most_early) early_.push_back(std::move(message));
      return;
    case Op::execute:
      return execute(message);
    case Op::invoke_result:
    case Op::call_error:
    case Op::app_result:
      return answer(std::move(message));
    default:
      return;
  }
}

void RendererProcess::begin(const Incoming& message) {
  auto* start = table<protocol::RendererStart>(message);
  if (!start || renderer_) return fail("the start message cannot be read");
  if (start->arguments())
    for (auto* argument : *start->arguments()) arguments_.push_back(argument->str());
  for (const auto& backend : program_.backends) {
    if (backend->name() != start->backend()->string_view()) continue;
    auto made = backend->create_renderer(*this);
    if (!made) return fail(made.error().message);
    renderer_ = std::move(*made);
    return;
  }
  fail("this program has no backend called '" + start->backend()->str() + "'");
}

void RendererProcess::remember_preload(const Incoming& message) {
  auto* script = table<protocol::PreloadScript>(message);
  if (!script) return fail("the preload message cannot be read");
  preload_name_ = script->name()->str();
  preload_error_ = script->error() ? script->error()->str() : "";
  preload_source_ = script->source() ? std::optional(script->source()->str()) : std::nullopt;
}

void RendererProcess::execute(const Incoming& message) {
  auto code = body_value(message.body);
  if (world_ && world_->script && code) return world_->script->execute(message.request, code->string());
  (void)boot_.send_error(
      Op::execute_error, message.request,
      {.kind = Kind::unimplemented, .code = "no-script", .message = "there is no document that runs scripts"});
}

void RendererProcess::answer(Incoming message) {
  auto fetch = fetching_.extract(message.request);
  if (fetch.empty()) return world_ ? world_->reply(std::move(message)) : void();
  if (message.op == Op::call_error) {
    auto why = body_value(message.body);
    return fetch.mapped()(std::unexpected(why ? mullion::detail::error_of(*why) : why.error()));
  }
  auto* resource = table<protocol::AppResource>(message);
  if (!resource) return fail("the resource message cannot be read");
  AppResource found;
  if (auto* bytes = resource->bytes()) {
    auto* first = reinterpret_cast<const std::byte*>(bytes->data());
    found.bytes.assign(first, first + bytes->size());
  }
  if (resource->mime_type()) found.mime_type = resource->mime_type()->str();
  fetch.mapped()(std::move(found));
}

Result<Incoming> RendererProcess::call_sync(Outgoing message, std::uint64_t timeout_ms) {
  message.request = next_request();
  if (auto sent = boot_.send(message); !sent) return std::unexpected(sent.error());
  auto answer = boot_.wait_for(message.request, timeout_ms);
  if (!answer || answer->op != Op::call_error) return answer;
  auto why = body_value(answer->body);
  return std::unexpected(why ? mullion::detail::error_of(*why) : why.error());
}

void RendererProcess::fetch_app_resource(std::string_view url, AppResourceAnswer answer) {
  auto request = next_request();
  auto sent = boot_.send({.op = Op::app_resource, .request = request, .channel = url});
  if (sent) return void(fetching_.emplace(request, std::move(answer)));
  loop_.defer([answer = std::move(answer), why = sent.error()]() mutable { answer(std::unexpected(std::move(why))); });
}

Result<> RendererProcess::post(Value message) { return boot_.send_value(Op::renderer_message, 0, "", message); }

// ---- documents ----

Result<> RendererProcess::context_created(backend::World which, script::Context& context, std::string_view url) {
  if (which == backend::World::main) world_ = std::make_unique<World>(*this, std::string(url));
  if (!world_ || world_->page)
    return std::unexpected(Error{.kind = Kind::invalid, .code = "world", .message = "the main world is created first"});
  if (!world_->script) world_->script = std::make_unique<ScriptDocument>(*world_);
  if (auto booted = world_->script->boot(which, context); !booted) return booted;
  if (which == backend::World::isolated) run_preload();
  return {};
}

Result<renderer::Page*> RendererProcess::page_created(std::string_view url) {
  world_ = std::make_unique<World>(*this, std::string(url));
  world_->page = std::make_unique<renderer::Page>(*world_);
  run_preload();
  return world_->page.get();
}

void RendererProcess::contexts_released() { world_.reset(); }

void RendererProcess::run_preload() {
  if (auto ran = run_preload_of(*world_); !ran) preload_failed(preload_name_, ran.error());
  world_->ready = true;
  for (auto& message : std::exchange(early_, {})) {
    if (!world_) return;
    world_->message(std::move(message));
  }
}

Result<> RendererProcess::run_preload_of(World& world) {
  if (preload_name_.empty()) return {};
  if (!preload_error_.empty())
    return std::unexpected(Error{.kind = Kind::invalid, .code = "ENOENT", .message = preload_error_});
  if (preload_source_) {
    world.scripted_preload = true;
    if (world.script) return world.script->run_preload(*preload_source_, preload_name_);
    return std::unexpected(
        Error{.kind = Kind::unimplemented,
              .code = "no-script",
              .message = "this backend runs no scripts: its preload must be an entry of Program::preloads"});
  }
  for (const auto& preload : program_.preloads)
    if (preload.name == preload_name_) return preload.entry(world.context);
  return std::unexpected(
      Error{.kind = Kind::invalid, .message = "this program has no preload called '" + preload_name_ + "'"});
}

void RendererProcess::preload_failed(std::string_view name, const Error& error) {
  log(Level::error, "preload " + std::string(name) + ": " + error.message);
  (void)boot_.send_value(Op::preload_failed, 0, name, Value::error(error));
}

int run_renderer(Loop& loop, node::ChildNode& child, const Program& program) {
  RendererProcess renderer(loop, child, program);
  renderer.start();
  auto ran = loop.run();
  return ran ? renderer.code() : report(ran.error());
}

}  // namespace mullion::process
