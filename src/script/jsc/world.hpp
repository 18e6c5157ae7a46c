// What a context, its functions and its natives share.
#pragma once

#include <JavaScriptCore/JavaScript.h>

#include <memory>
#include <unordered_set>
#include <vector>

#include "mullion/script/engine.hpp"
#include "script/exception.hpp"

namespace mullion::script::jsc {

class Kept;
struct World;

// A Native. Its world owns it, and so does script's function object; that one is finalized while the collector runs,
// possibly after the world, where no code of ours may run. So the world lets go of natives last: it sweeps those that
// only it still holds, and empties all when it ends.
struct Slot {
  std::weak_ptr<World> world;
  Native native;
};

// One JSGlobalContext while it lives. `context` is null once it was released.
struct World : std::enable_shared_from_this<World> {
  JSGlobalContextRef context = nullptr;
  JSObjectRef function_prototype = nullptr;
  JSObjectRef make_error = nullptr;  // (kind, code, message) => Error
  JSObjectRef describe = nullptr;    // (thrown) => [name, message, url, line, column, stack, code, kind]
  Exception exception{};             // the last one
  std::unordered_set<Kept*> kept{};
  std::vector<std::shared_ptr<Slot>> slots{};
  std::size_t sweep_at = 64;
};

// A protected function object.
class Kept final : public Function {
 public:
  Kept(std::shared_ptr<World> world, JSObjectRef object);
  ~Kept() override;
  void release();  // its world ends
  JSObjectRef object() const { return object_; }
  const std::shared_ptr<World>& world() const { return world_; }

 private:
  std::shared_ptr<World> world_;
  JSObjectRef object_;
};

// Fills world.exception from what was thrown, and makes the Error of it.
Error to_error(World& world, JSValueRef thrown);
JSValueRef to_thrown(World& world, const Error& error);
JSObjectRef make_function(World& world, std::string_view name, Native native);

}  // namespace mullion::script::jsc
