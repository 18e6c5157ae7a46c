// What a preload gives to its page: contextBridge.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mullion/base/task.hpp"
#include "mullion/ipc/channel.hpp"
#include "mullion/ipc/value.hpp"

namespace mullion::preload {

namespace detail {
struct World;
}

// What an exposed function does with the page's arguments. The arguments are copies; the result is copied to the page.
using ApiFunction = std::move_only_function<Result<Value>(std::vector<Value> arguments)>;
using ApiAsyncFunction = std::move_only_function<Task<Result<Value>>(std::vector<Value> arguments)>;

// The object that a page will see: data, functions, and typed channels by name.
//
//   preload::Api api;
//   api.add("version", Value("1.0"));
//   api.add("sum", [](std::vector<Value> numbers) -> Result<Value> { ... });
//   api.add(open_file);   // page: await explorer.openFile({path}) gives main's reply; arguments checked by the schema
//
// A channel's name is written in camel case: "open-file" becomes openFile. Channels with a reply give a promise,
// one-way channels send and give undefined. A later member of the same name replaces the earlier.
class Api {
 public:
  struct Member {
    std::string name;
    Value data{};
    ApiFunction call{};
    ApiAsyncFunction async{};
    std::string channel{};  // of a typed channel, as declared
    const TableCodec* (*request)() = nullptr;
    const TableCodec* (*reply)() = nullptr;  // null for one-way channels
  };

  void add(std::string_view name, Value data);
  void add(std::string_view name, ApiFunction function);
  void add(std::string_view name, ApiAsyncFunction function);
  template <class Q, class P>
  void add(const Channel<Q, P>& channel) {
    if constexpr (std::is_void_v<P>) {
      add_channel(channel.name, [] { return &TableOps<Q>::codec(); }, nullptr);
    } else {
      add_channel(channel.name, [] { return &TableOps<Q>::codec(); }, [] { return &TableOps<P>::codec(); });
    }
  }
  std::vector<Member> take() { return std::move(members_); }

 private:
  void add_channel(std::string_view name, const TableCodec* (*request)(), const TableCodec* (*reply)());
  void put(Member member);
  std::vector<Member> members_;
};

// Exposes an Api on the page's window. Reached through Context::context_bridge(). Loop thread.
class ContextBridge {
 public:
  explicit ContextBridge(detail::World& world) : world_(world) {}
  // The object is frozen, its property on window read-only. `invalid` when window has a property of that name: "Cannot
  // bind an API on top of an existing property on the window object".
  Result<> expose_in_main_world(std::string_view key, Api api);

 private:
  detail::World& world_;
};

}  // namespace mullion::preload
