#include "process/world.hpp"

#include "mullion/base/log.hpp"
#include "process/ends.hpp"
#include "process/frame.hpp"
#include "process/script_document.hpp"

namespace mullion::preload::detail {

using mullion::detail::Body;
using process::Incoming;
using process::Op;

World::World(process::Frame& frame, std::string url) : frame(frame), url(std::move(url)), context(*this) {}

// Calls under way end first: their answers may reach into the rest. The document's scripts hear nothing any more.
World::~World() {
  script.reset();
  auto invoking = std::exchange(invoking_, {});
  for (auto& [request, answer] : invoking)
    answer(std::unexpected(Error{.kind = Kind::disconnected, .code = "destroyed", .message = "the document is gone"}));
}

// ---- messages from main ----

void World::message(Incoming message) {
  if (script && scripted_preload) return script->message(message, std::move(message.ports));
  auto arguments = mullion::detail::body_arguments(message.body);
  if (!arguments)
    return log(Level::warning, "a message on '" + message.channel + "' was dropped: " + arguments.error().message);
  std::vector<std::shared_ptr<Listener>> called;
  for (const auto& each : listeners_)
    if (each->channel == message.channel) called.push_back(each);
  std::erase_if(listeners_, [&](const auto& each) { return each->once && each->channel == message.channel; });
  for (auto& listener : called) listener->call({message.channel, *arguments, std::move(message.ports)});
}

ListenerId World::listen(std::string_view channel, bool once, std::move_only_function<void(PortEvent)> listener) {
  auto id = ListenerId{next_listener_++};
  listeners_.push_back(std::make_shared<Listener>(Listener{id, once, std::string(channel), std::move(listener)}));
  return id;
}

void World::unlisten(ListenerId id) {
  std::erase_if(listeners_, [id](const auto& each) { return each->id == id; });
}

// ---- calls to main ----

Result<> World::invoke(std::string_view channel, Body body, Answer answer) {
  auto request = frame.next_request();
  auto sent = frame.send({.op = Op::invoke,
                          .request = request,
                          .channel = channel,
                          .form = body.form,
                          .hash = body.hash,
                          .body = body.bytes});
  if (sent) invoking_.emplace(request, std::move(answer));
  return sent;
}

Task<Result<Body>> World::invoke(std::string channel, Body body) {
  auto [answer, waiting] = one_shot<Result<Body>>();
  auto sent = invoke(channel, std::move(body), std::move(answer));
  if (!sent) co_return std::unexpected(sent.error());
  auto result = co_await std::move(waiting);
  if (!result)
    co_return std::unexpected(
        Error{.kind = Kind::disconnected, .code = "destroyed", .message = "the document is gone"});
  co_return std::move(*result);
}

void World::reply(Incoming message) {
  auto waiting = invoking_.extract(message.request);
  if (waiting.empty()) return;
  if (message.op == Op::invoke_result) return waiting.mapped()(std::move(message.body));
  auto why = mullion::detail::body_value(message.body);
  waiting.mapped()(std::unexpected(why ? mullion::detail::error_of(*why) : why.error()));
}

// ---- what the page may call ----

Result<> World::expose(std::string_view key, std::vector<Api::Member> members) {
  for (const auto& each : exposed)
    if (each->key == key)
      return std::unexpected(
          Error{.kind = Kind::invalid,
                .code = "existing-property",
                .message = "Cannot bind an API on top of an existing property on the window object"});
  auto made = std::make_unique<Exposed>(Exposed{std::string(key), std::move(members)});
  if (script)
    if (auto done = script->expose(*made); !done) return done;
  exposed.push_back(std::move(made));
  return {};
}

Api::Member* World::member(std::string_view key, std::string_view name) const {
  for (const auto& each : exposed)
    if (each->key == key)
      for (auto& member : each->members)
        if (member.name == name) return &member;
  return nullptr;
}

Task<> World::follow(Task<Result<Value>> running, ValueAnswer answer) {
  auto result = co_await std::move(running);
  answer(std::move(result));
}

void World::call(Api::Member& member, std::vector<Value> arguments, ValueAnswer answer) {
  if (member.call) return answer(member.call(std::move(arguments)));
  if (member.async) return tasks.spawn(follow(member.async(std::move(arguments)), std::move(answer)));
  call_channel(member, std::move(arguments), std::move(answer));
}

// The page's argument becomes the channel's table here, so that a wrong one never leaves the page's process.
void World::call_channel(Api::Member& member, std::vector<Value> arguments, ValueAnswer answer) {
  const auto& request = *member.request();
  auto bytes = request.from_value(arguments.empty() ? Value() : arguments[0]);
  if (!bytes) return answer(std::unexpected(std::move(bytes).error()));
  Body body{Body::Form::table, request.hash, std::move(*bytes)};
  if (!member.reply) {
    auto sent = frame.send(
        {.op = Op::send, .channel = member.channel, .form = body.form, .hash = body.hash, .body = body.bytes});
    return sent ? answer(Value()) : answer(std::unexpected(sent.error()));
  }
  auto shared = std::make_shared<ValueAnswer>(std::move(answer));
  auto done = [shared, &member](Result<Body> body) {
    if (!body) return (*shared)(std::unexpected(std::move(body).error()));
    auto table = mullion::detail::body_table(*member.reply(), member.channel, std::move(*body));
    (*shared)(table ? member.reply()->to_value(*table) : std::unexpected(std::move(table).error()));
  };
  if (auto sent = invoke(member.channel, std::move(body), std::move(done)); !sent)
    (*shared)(std::unexpected(sent.error()));
}

Result<> World::post_to_window(const Value& message, std::vector<MessagePort>&& ports) {
  if (script) return script->post_to_window(message, std::move(ports));
  auto event = std::make_shared<renderer::WindowMessage>(message, std::move(ports));
  frame.loop().defer([this, event, alive = std::weak_ptr(alive_)] {
    if (alive.lock()) page_emitter.emit(renderer::message, *event);
  });
  return {};
}

}  // namespace mullion::preload::detail
