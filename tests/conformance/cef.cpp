#include <mullion/backends/cef.hpp>

#include <mullion/conformance.hpp>

#include <unistd.h>

#include <utility>

#ifndef MULLION_CEF_WORK
#define MULLION_CEF_WORK on_loop
#endif

// Chromium's sandbox cannot be had as root: there the cases run without it.
int main(int argc, char** argv) {
  mullion::cef::Options options{.sandbox = geteuid() != 0, .work = mullion::cef::Work::MULLION_CEF_WORK};
  mullion::conformance::Subject subject{.backend = mullion::cef::backend(options)};
  if (options.work == mullion::cef::Work::on_thread)
    subject.skipped.push_back({"devtools: they go with the window, which is the last",
                               "a program that quits while a page loads crashes in CEF 116's IO thread now and then"});
  return mullion::conformance::run(argc, argv, std::move(subject));
}
