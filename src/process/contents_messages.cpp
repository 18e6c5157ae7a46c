// What a page's processes say.
#include "process/app_state.hpp"
#include "process/contents.hpp"

namespace mullion::main::detail {

using mullion::detail::Body;
using process::Incoming;
using process::Op;

namespace {

// What a renderer asks and main has not answered yet costs main's memory: beyond this a call is refused.
constexpr long most_calls = 10'000;

}  // namespace

void Contents::receive(const RendererLink& from, Incoming message) {
  auto self = shared_from_this();
  auto place = place_of(from, message.frame);
  if (!app || !place) return;
  switch (message.op) {
    case Op::send:
    case Op::post:
    case Op::send_sync:
    case Op::invoke:
      return receive_call(place, std::move(message));
    case Op::preload_failed: {
      auto why = body_value(message.body);
      if (why) emitter.emit(preload_error, PreloadError{message.channel, mullion::detail::error_of(*why)});
      return;
    }
    case Op::script_error: {
      auto what = body_value(message.body);
      if (what)
        console_message({Level::error, what->string("message"), what->string("url"),
                         what->operator[]("line").to<int>().value_or(0)});
      return;
    }
    default:
      break;
  }
  if (place == main_ && receive_from_main(message)) return;
  place->link->process().violated(std::string(place == main_ ? "a renderer" : "a frame within a page") +
                                  " does not send operation " + std::to_string(static_cast<int>(message.op)));
}

void Contents::receive_call(const std::shared_ptr<FramePlace>& place, Incoming message) {
  WebContents sender(shared_from_this());
  InvokeEvent from{sender, place == main_ ? sender.main_frame() : WebFrame(shared_from_this(), place)};
  auto& ipc = *app->ipc_main;
  if (message.op == Op::send || message.op == Op::post)
    return ipc.receive(from, message.channel, message.body, std::move(message.ports));
  if (!has_room_for(*place, message)) return;
  if (message.op == Op::send_sync)
    return ipc.receive_sync(from, message.channel, message.body,
                            responder(place, message.request, Op::sync_result, Body::Form::value));
  auto answer = responder(place, message.request, Op::invoke_result, message.body.form);
  ipc.receive_invoke(from, message.channel, std::move(message.body), std::move(answer));
}

// What only the page's own frame says: an iframe answers for nobody else.
bool Contents::receive_from_main(Incoming& message) {
  switch (message.op) {
    case Op::renderer_message:
      if (auto value = body_value(message.body)) view->on_message(std::move(*value));
      return true;
    case Op::pong:
      pulse_.answered(message.request);
      return true;
    case Op::execute_result:
    case Op::execute_error:
      receive_execute(std::move(message));
      return true;
    case Op::app_resource:
      receive_app_resource(message);
      return true;
    default:
      return false;
  }
}

bool Contents::has_room_for(const FramePlace& place, const Incoming& call) {
  if (place.calls.use_count() <= most_calls) return true;
  send_error(place, call.request,
             {.kind = Kind::overloaded,
              .code = "calls",
              .message = std::to_string(most_calls) + " calls of this page wait for an answer"});
  return false;
}

mullion::detail::Responder Contents::responder(const std::shared_ptr<FramePlace>& place, std::uint32_t request,
                                               Op result, Body::Form asked) {
  return {asked, [weak = weak_from_this(), to = std::weak_ptr(place), call = place->calls, request,
                  result](Result<Body> answer) {
            auto self = weak.lock();
            auto place = to.lock();
            if (!self || !self->app || !place) return;
            if (!answer) return self->send_error(*place, request, answer.error());
            auto sent = self->send_to(
                *place,
                {.op = result, .request = request, .form = answer->form, .hash = answer->hash, .body = answer->bytes});
            if (!sent) self->send_error(*place, request, sent.error());
          }};
}

void Contents::send_error(const FramePlace& place, std::uint32_t request, const Error& error) {
  auto bytes = encode(Value::error(error));
  (void)send_to(place, {.op = Op::call_error, .request = request, .body = bytes});
}

void Contents::receive_app_resource(const Incoming& message) {
  auto resource = app->app_resource(message.channel);
  if (!resource) return send_error(*main_, message.request, resource.error());
  flatbuffers::FlatBufferBuilder builder;
  auto bytes =
      builder.CreateVector(reinterpret_cast<const std::uint8_t*>(resource->bytes.data()), resource->bytes.size());
  auto mime = builder.CreateString(resource->mime_type);
  builder.Finish(protocol::CreateAppResource(builder, bytes, mime));
  (void)send({.op = Op::app_result,
              .request = message.request,
              .form = Body::Form::table,
              .body = std::as_bytes(builder.GetBufferSpan())});
}

}  // namespace mullion::main::detail
