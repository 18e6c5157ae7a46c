#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS
#include <doctest/doctest.h>

#include "harness/programs.hpp"

int main(int argc, char** argv) {
  if (auto code = mullion::harness::run_named_program(argc, argv)) return *code;
  return doctest::Context(argc, argv).run();
}
