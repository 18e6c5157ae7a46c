// The report, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "suite/goals.hpp"
#include "suite/machine.hpp"
#include "suite/run.hpp"

namespace mullion::bench {

void print_machine(const Machine& machine);
void print_rows(const Report& report);
void print_goals(const std::vector<Goal>& goals);

// One object: machine, rows, goals.
Result<> write_json(const std::string& path, const Machine& machine, const Report& report,
                    const std::vector<Goal>& goals);

}  // namespace mullion::bench
