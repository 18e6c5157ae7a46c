// JavaScriptCore under the tests of this folder.
#include <fstream>
#include <sstream>

#include "harness.hpp"
#include "mullion/base/loop.hpp"
#include "script/jsc/engine.hpp"

namespace mullion::script {

struct Script::Parts {
  std::unique_ptr<Loop> loop = std::move(*Loop::create());
  std::unique_ptr<Engine> engine = std::move(*jsc::make_engine(*loop));
};

Script::Script() : parts_(std::make_unique<Parts>()) { engine = parts_->engine.get(); }
Script::~Script() = default;

std::unique_ptr<Context> Script::world(std::string_view name) { return std::move(*engine->create_context(name)); }

bool Script::run_until(std::function<bool()> done) {
  Loop& loop = *parts_->loop;
  bool late = false;
  Timer deadline(loop, 60'000, [&] {
    late = true;
    loop.stop();
  });
  Timer check(
      loop, 0,
      [&] {
        if (done()) loop.stop();
      },
      1);
  if (!done()) (void)loop.run();
  return !late;
}

const bool bare_platform = true;

std::string read_source(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string platform_source() { return read_source(SCRIPT_TEST_PLATFORM); }

}  // namespace mullion::script
