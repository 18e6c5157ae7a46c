// What JavaScriptCore does that the face leaves open.
#include "harness.hpp"

namespace mullion::script {

TEST_CASE("jsc: module scripts are beyond the public API, and say so") {
  Script script;
  auto world = script.world();
  eval(*world, "globalThis.why = ''; import('./x.js').catch(e => { why = e.message })");
  CHECK(text(*world, "why").find("Could not import the module") == 0);
  CHECK(world->evaluate("import x from './x.js'", "m.js").error().code == "SyntaxError");
}

}  // namespace mullion::script
