#include <mullion/backends/cef.hpp>

#include <mullion/conformance.hpp>

#include <unistd.h>

#ifndef MULLION_CEF_WORK
#define MULLION_CEF_WORK on_loop
#endif

// Chromium's sandbox cannot be had as root: there the cases run without it.
int main(int argc, char** argv) {
  mullion::cef::Options options{.sandbox = geteuid() != 0, .work = mullion::cef::Work::MULLION_CEF_WORK};
  return mullion::conformance::run(argc, argv, {.backend = mullion::cef::backend(options)});
}
