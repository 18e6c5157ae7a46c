// Runs rows: each round in fresh processes, the rounds of a group in turns.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "suite/row.hpp"
#include "suite/statistics.hpp"

namespace mullion::bench {

struct Plan {
  int rounds = 15;
  Length length{};
  std::string only{};  // rows whose name contains it, and their group's floors and peers; "" is all
};

Plan quick_plan();

struct Measured {
  const Row* row;
  Figures figures;
};

struct Report {
  std::vector<Measured> rows;
  std::vector<std::string> failures;  // sentences: rows that could not be measured, and why
  std::vector<std::string> skipped;   // the same for rows that this machine cannot have
  const Measured* find(std::string_view name) const;
};

// `say` gets a line for every row when its group begins, and when something goes wrong.
Report run_rows(const Plan& plan, const std::function<void(const std::string&)>& say);

// The two kinds of process that a round consists of; what main() returns there.
int drive(const Row& row, int argc, char** argv);
int answer(const Row& row, int argc, char** argv);

}  // namespace mullion::bench
