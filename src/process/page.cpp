#include "mullion/process/page.hpp"

#include "mullion/base/log.hpp"
#include "process/frame.hpp"
#include "process/world.hpp"

namespace mullion::renderer {

namespace {

bool is_function(const preload::Api::Member& member) { return member.call || member.async || member.request; }

Error missing(std::string_view key, std::string_view member, std::string_view what) {
  return {.kind = Kind::invalid,
          .code = "not-exposed",
          .message = "the preload exposed no " + std::string(what) + " called " + std::string(key) + "." +
                     std::string(member)};
}

Task<> logged(Task<Result<>> task) {
  auto result = co_await std::move(task);
  if (!result) log(Level::warning, result.error().message);
}

Task<Result<Value>> run(preload::detail::World& world, std::string key, std::string name,
                        std::vector<Value> arguments) {
  auto* member = world.member(key, name);
  if (!member || !is_function(*member)) co_return std::unexpected(missing(key, name, "function"));
  auto [answer, waiting] = one_shot<Result<Value>>();
  world.call(*member, std::move(arguments), std::move(answer));
  auto result = co_await std::move(waiting);
  if (!result)
    co_return std::unexpected(
        Error{.kind = Kind::disconnected, .code = "destroyed", .message = "the document is gone"});
  co_return std::move(*result);
}

}  // namespace

const std::string& Page::url() const { return world_.url; }
Loop& Page::loop() const { return world_.frame.loop(); }
Emitter& Page::emitter() const { return world_.page_emitter; }

std::vector<std::string> Page::exposed() const {
  std::vector<std::string> keys;
  for (const auto& each : world_.exposed) keys.push_back(each->key);
  return keys;
}

std::vector<std::string> Page::members(std::string_view key) const {
  std::vector<std::string> names;
  for (const auto& each : world_.exposed)
    if (each->key == key)
      for (const auto& member : each->members) names.push_back(member.name);
  return names;
}

Result<Value> Page::get(std::string_view key, std::string_view member) const {
  auto* found = world_.member(key, member);
  if (!found || is_function(*found)) return std::unexpected(missing(key, member, "value"));
  return found->data;
}

Task<Result<Value>> Page::call(std::string_view key, std::string_view member, std::vector<Value> arguments) const {
  return run(world_, std::string(key), std::string(member), std::move(arguments));
}

Result<MessageChannel> Page::create_channel() const { return MessageChannel::create(world_.frame.node()); }

Result<> Page::post_message(const Value& data, std::vector<MessagePort>&& ports) const {
  return world_.post_to_window(data, std::move(ports));
}

void Page::spawn(Task<Result<>> task) const { world_.tasks.spawn(logged(std::move(task))); }

}  // namespace mullion::renderer
