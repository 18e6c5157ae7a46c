// The templates of ipc_main.hpp: from a typed or untyped callable to the erased handler that IpcMain keeps.
#pragma once

#include "mullion/process/ipc_main.hpp"

namespace mullion::main {

namespace detail {

using mullion::detail::Body;
using mullion::detail::Responder;

template <class T>
struct IsTask : std::false_type {};
template <class T>
struct IsTask<Task<T>> : std::true_type {};
template <class T>
struct IsResult : std::false_type {};
template <class T>
struct IsResult<Result<T>> : std::true_type {};

// Turns what a handler returned, T or Result<T>, into Result<Body> by `pack`.
template <class T, class Pack>
Result<Body> settle(T&& returned, Pack& pack) {
  if constexpr (IsResult<std::remove_cvref_t<T>>::value) {
    if (!returned) return std::unexpected(std::move(returned).error());
    return pack(*std::forward<T>(returned));
  } else {
    return pack(std::forward<T>(returned));
  }
}

// Keeps the handler alive while the task that it returned runs.
template <class F, class T, class Pack>
Task<> follow(std::shared_ptr<F> keep, Task<T> running, Responder responder, Pack pack) {
  auto returned = co_await std::move(running);
  responder.answer(settle(std::move(returned), pack));
  keep.reset();
}

// Calls the handler and answers, now or when its task ends.
template <class F, class Spawn, class Pack, class... A>
void run_handler(const std::shared_ptr<F>& f, Spawn spawn, Responder responder, Pack pack, A&&... arguments) {
  using Returned = std::invoke_result_t<F&, A...>;
  if constexpr (IsTask<Returned>::value) {
    auto running = (*f)(std::forward<A>(arguments)...);
    spawn(follow(f, std::move(running), std::move(responder), std::move(pack)));
  } else {
    auto returned = (*f)(std::forward<A>(arguments)...);
    responder.answer(settle(std::move(returned), pack));
  }
}

}  // namespace detail

template <class F>
IpcMain::Listener IpcMain::untyped(F listener) {
  return [this, f = std::move(listener)](const IpcMainEvent& event, const mullion::detail::Body& body) mutable {
    auto arguments = mullion::detail::body_arguments(body);
    if (!arguments) return refuse(event, "", arguments.error());
    f(event, std::move(*arguments));
  };
}

template <class T, class F>
IpcMain::Listener IpcMain::typed(std::string_view channel, F listener) {
  return [this, name = std::string(channel), f = std::move(listener)](const IpcMainEvent& event,
                                                                      const mullion::detail::Body& body) mutable {
    auto bytes = mullion::detail::body_table(TableOps<T>::codec(), name, body);
    if (!bytes) return refuse(event, name, bytes.error());
    auto table = TableOps<T>::from(std::move(*bytes));
    if (!table) return refuse(event, name, table.error());
    f(event, std::move(*table));
  };
}

template <class F>
IpcMain::Handler IpcMain::untyped_handler(F handler) {
  auto shared = std::make_shared<F>(std::move(handler));
  return [this, shared](InvokeEvent event, mullion::detail::Body body, mullion::detail::Responder responder) {
    auto arguments = mullion::detail::body_arguments(body);
    if (!arguments) return responder.answer(std::unexpected(arguments.error()));
    auto pack = [](const Value& value) -> Result<mullion::detail::Body> { return mullion::detail::value_body(value); };
    detail::run_handler(
        shared, [this](Task<> task) { spawn(std::move(task)); }, std::move(responder), pack, std::move(event),
        std::move(*arguments));
  };
}

template <class Q, class P, class F>
IpcMain::Handler IpcMain::typed_handler(std::string_view channel, F handler) {
  auto shared = std::make_shared<F>(std::move(handler));
  return [this, shared, name = std::string(channel)](InvokeEvent event, mullion::detail::Body body,
                                                     mullion::detail::Responder responder) {
    auto bytes = mullion::detail::body_table(TableOps<Q>::codec(), name, std::move(body));
    if (!bytes) return responder.answer(std::unexpected(bytes.error()));
    auto request = TableOps<Q>::from(std::move(*bytes));
    if (!request) return responder.answer(std::unexpected(request.error()));
    auto pack = [asked = responder.asked()](auto&& reply) -> Result<mullion::detail::Body> {
      return mullion::detail::reply_body(TableOps<P>::codec(), asked,
                                         TableOps<P>::bytes(std::forward<decltype(reply)>(reply)));
    };
    detail::run_handler(
        shared, [this](Task<> task) { spawn(std::move(task)); }, std::move(responder), pack, std::move(event),
        std::move(*request));
  };
}

}  // namespace mullion::main
