// bench: floors and Mullion side by side. Without the switches of its own children it is the suite's command line.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "harness/process.hpp"
#include "ours/program.hpp"
#include "suite/goals.hpp"
#include "suite/machine.hpp"
#include "suite/print.hpp"
#include "suite/run.hpp"

using namespace mullion;
using namespace mullion::bench;

namespace {

struct Wanted {
  bool quick = false;
  bool list = false;
  std::string json;
  std::string only;
};

void say(const std::string& line) { std::fprintf(stderr, "bench: %s\n", line.c_str()); }

int fail(const std::string& why) {
  say(why);
  return 1;
}

int list_rows() {
  for (const auto& group : groups())
    for (const auto& row : group)
      std::printf("%-19s %-5s %-5s %8zu  %s\n", row.name.data(), to_string(row.who).data(),
                  to_string(row.placement).data(), row.bytes, row.work.data());
  return 0;
}

bool names_a_row(const std::string& only) {
  for (const auto& group : groups())
    for (const auto& row : group)
      if (row.name.find(only) != std::string_view::npos) return true;
  return false;
}

void warn_of_load(const Machine& machine) {
  if (machine.load > 0.3 * machine.cpus)
    say("other programs use this machine (load " + std::to_string(machine.load).substr(0, 4) +
        "): figures will be rough");
}

int run_suite(const Wanted& wanted) {
  if (!names_a_row(wanted.only)) return fail("--only " + wanted.only + ": no row is called so; --list shows them");
  Plan plan = wanted.quick ? quick_plan() : Plan();
  plan.only = wanted.only;
  const auto machine = this_machine();
  warn_of_load(machine);
  const auto report = run_rows(plan, say);
  const auto goals = judge(report);
  print_machine(machine);
  print_rows(report);
  if (!goals.empty()) print_goals(goals);
  if (!wanted.json.empty())
    if (auto written = write_json(wanted.json, machine, report, goals); !written) return fail(written.error().message);
  for (const auto& row : report.skipped) say("left out: " + row);
  for (const auto& failure : report.failures) fail(failure);
  return report.failures.empty() ? 0 : 1;
}

int run_command_line(int argc, char** argv) {
  Wanted wanted;
  CLI::App app(
      "Measures Mullion beside its floors in one run. Each round of a row is two fresh processes, both on one cpu\n"
      "(same) or on two (split); rounds of floors, peers and ours take turns; every byte is written and read;\n"
      "percentiles are of all samples after each round's warm-up, less the clock's own cost. Rows in Chromium, which\n"
      "a build with cef_root has, run on any cpu and 15 times as long, in windows on an Xvfb of their own.",
      "bench");
  app.add_flag("--quick", wanted.quick, "fewer, shorter rounds: a look, not figures to publish");
  app.add_option("--json", wanted.json, "writes machine, rows and goals to FILE as well")->type_name("FILE");
  app.add_option("--only", wanted.only, "only rows whose name contains NAME, with their floors and peers")
      ->type_name("NAME");
  app.add_flag("--list", wanted.list, "lists the rows and measures nothing");
  CLI11_PARSE(app, argc, argv);
  return wanted.list ? list_rows() : run_suite(wanted);
}

int run_row(std::string_view name, int argc, char** argv, int (*part)(const Row&, int, char**)) {
  const auto* row = find_row(name);
  return row ? part(*row, argc, argv) : fail(std::string(name) + ": there is no such row");
}

}  // namespace

int main(int argc, char** argv) {
  follow_parent(argc, argv);
  if (auto pinned = pin_as_told(); !pinned) return fail(pinned.error().message);
  if (auto row = argument(argc, argv, "drive")) return run_row(*row, argc, argv, drive);
  if (auto row = argument(argc, argv, "peer-of")) return run_row(*row, argc, argv, answer);
  const bool of_chromium = argument(argc, argv, "type").has_value();
  if (of_chromium || argument(argc, argv, "mullion-role")) return run(argc, argv, children_program());
  return run_command_line(argc, argv);
}
