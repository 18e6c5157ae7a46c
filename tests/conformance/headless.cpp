#include <mullion/backends/headless.hpp>

#include <mullion/conformance.hpp>

int main(int argc, char** argv) {
  return mullion::conformance::run(argc, argv, {.backend = mullion::headless::backend()});
}
