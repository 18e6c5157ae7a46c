#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS
#include <doctest/doctest.h>

#include <string_view>

#include "fixture.hpp"
#include "own_engine.hpp"

using namespace mullion;

// Started again as a child, this program runs its role; else it runs the tests.
int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]).starts_with("--mullion-role=") || argv[i] == test::process_switch)
      return mullion::run(argc, argv, mullion::test::test_program());
  return doctest::Context(argc, argv).run();
}
