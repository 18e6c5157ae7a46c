// Any bytes: they choose a network (processes, which links are direct, windows, whether one process lies) and then
// every step of it, until they are used up. Whatever they chose, the model of the port protocol (tests/model) must find
// nothing wrong with it.
#include <cstdio>

#include "model/schedule.hpp"
#include "targets.hpp"

void core_fuzz(FuzzBytes input) {
  std::string wrong = mullion::node::core::model::run_schedule(input);
  if (wrong.empty()) return;
  std::fputs(wrong.c_str(), stderr);
  __builtin_trap();
}
