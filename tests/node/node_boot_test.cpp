#include <doctest/doctest.h>

#include "harness/scripts.hpp"

using namespace mullion;
using namespace mullion::harness;

MULLION_SCRIPT(shouts) { self.post(self.boot(), self.receive_text(self.boot()) + "!"); }

TEST_CASE("node: a message on the boot channel comes back") {
  over_each_medium([](Main& main) {
    auto& child = main.start("shouts");
    main.post(child.boot, "hello");
    EXPECT(main.receive_text(child.boot) == "hello!");
    EXPECT(main.closed(child.boot) == node::CloseReason::closed);
  });
}
