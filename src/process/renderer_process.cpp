#include "process/renderer_process.hpp"

namespace mullion::process {

namespace {

template <class T>
const T* table(std::span<const std::byte> body) {
  auto* bytes = reinterpret_cast<const std::uint8_t*>(body.data());
  flatbuffers::Verifier verifier(bytes, body.size());
  return verifier.VerifyBuffer<T>() ? flatbuffers::GetRoot<T>(bytes) : nullptr;
}

template <class Strings>
std::vector<std::string> strings(const Strings* list) {
  std::vector<std::string> out;
  if (list)
    for (auto* each : *list) out.push_back(each->str());
  return out;
}

Error unreadable() {
  return {.kind = Kind::invalid, .code = "introduction", .message = "the view's introduction cannot be read"};
}

}  // namespace

RendererProcess::RendererProcess(Loop& loop, node::ChildNode& child, const Program& program, Isolating isolating)
    : loop_(loop),
      program_(program),
      isolating_(std::move(isolating)),
      boot_(child.share_node(), child.boot_end(), Waiting::may) {}

RendererProcess::~RendererProcess() { renderer_.reset(); }

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
    default:
      break;
  }
  if (fetching_.contains(message.request) && (message.op == Op::app_result || message.op == Op::call_error))
    return answer_fetch(std::move(message));
  if (auto found = frames_.find(message.frame); found != frames_.end()) found->second->receive(std::move(message));
}

void RendererProcess::begin(const Incoming& message) {
  auto* start = table<protocol::RendererStart>(message.body.bytes);
  if (!start || renderer_) return fail("the start message cannot be read");
  arguments_ = strings(start->arguments());
  for (const auto& backend : program_.backends) {
    if (backend->name() != start->backend()->string_view()) continue;
    auto made = backend->create_renderer(*this);
    if (!made) return fail(made.error().message);
    renderer_ = std::move(*made);
    // The engine is loaded, and nothing of a page has been read.
    if (auto closed = finish_isolation(isolating_); !closed) fail(closed.error().message);
    return;
  }
  fail("this program has no backend called '" + start->backend()->str() + "'");
}

void RendererProcess::remember_preload(const Incoming& message) {
  auto* script = table<protocol::PreloadScript>(message.body.bytes);
  if (!script) return fail("the preload message cannot be read");
  if (auto found = frames_.find(message.frame); found != frames_.end())
    found->second->set_preload(read_preload(*script));
}

Result<std::unique_ptr<backend::Frame>> RendererProcess::create_frame(std::string_view introduction,
                                                                      std::string_view name) {
  if (introduction.empty())
    return std::make_unique<Frame>(*this, Frame::Place{next_frame_++, true}, arguments_, Preload());
  auto* introduced = table<protocol::Introduction>(std::as_bytes(std::span(introduction)));
  if (!introduced) return std::unexpected(unreadable());
  auto id = next_frame_++;
  auto claimed = boot_.send_value({.op = Op::frame_claim, .channel = introduced->token()->string_view(), .frame = id},
                                  Value(name));
  if (!claimed) return std::unexpected(claimed.error());
  auto preload = introduced->preload() ? read_preload(*introduced->preload()) : Preload();
  return std::make_unique<Frame>(*this, Frame::Place{id, !introduced->sub_frame()}, strings(introduced->arguments()),
                                 std::move(preload));
}

Result<> RendererProcess::post(Value message) { return boot_.send_value({.op = Op::renderer_message}, message); }

// ---- app: resources ----

void RendererProcess::fetch_app_resource(std::string_view url, AppResourceAnswer answer) {
  auto request = next_request();
  auto sent = boot_.send({.op = Op::app_resource, .request = request, .channel = url});
  if (sent) return void(fetching_.emplace(request, std::move(answer)));
  loop_.defer([answer = std::move(answer), why = sent.error()]() mutable { answer(std::unexpected(std::move(why))); });
}

void RendererProcess::answer_fetch(Incoming message) {
  auto fetch = fetching_.extract(message.request);
  if (message.op == Op::call_error) {
    auto why = body_value(message.body);
    return fetch.mapped()(std::unexpected(why ? mullion::detail::error_of(*why) : why.error()));
  }
  auto* resource = table<protocol::AppResource>(message.body.bytes);
  if (!resource) return fail("the resource message cannot be read");
  backend::AppResource found;
  if (auto* bytes = resource->bytes()) {
    auto* first = reinterpret_cast<const std::byte*>(bytes->data());
    found.bytes.assign(first, first + bytes->size());
  }
  if (resource->mime_type()) found.mime_type = resource->mime_type()->str();
  fetch.mapped()(std::move(found));
}

int run_renderer(Loop& loop, node::ChildNode& child, const Program& program, Isolating isolating) {
  RendererProcess renderer(loop, child, program, std::move(isolating));
  renderer.start();
  auto ran = loop.run();
  return ran ? renderer.code() : report(ran.error());
}

}  // namespace mullion::process
