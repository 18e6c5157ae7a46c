// How a backend is tried: its program is the kit with the backend in it.
#include <mullion/conformance.hpp>

#include "terminal.hpp"

using namespace mullion;

Task<Result<>> plain(renderer::Page&, terminal::Draw) { co_return {}; }

int main(int argc, char** argv) {
  return conformance::run(argc, argv,
                          {.backend = terminal::backend({{"plain", plain}}),
                           .scripts = false,
                           .page = "terminal:plain",
                           .missing = "terminal:none"});
}
