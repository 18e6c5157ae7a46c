#include "suite/run.hpp"

#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "harness/screen.hpp"

namespace mullion::bench {
namespace {

constexpr int deadline_ms = 60'000;
constexpr std::uint64_t browser_part = 15;  // a browser compiles a page's script while it runs, for some 100 ms

using Say = std::function<void(const std::string&)>;

std::vector<int> cpus_for(Placement placement, const std::vector<int>& usable) {
  if (placement == Placement::any) return {};
  return {usable[0], placement == Placement::same ? usable[0] : usable[1]};
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) return "it was ended by signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) == peer_ended) return "its peer ended early";
  return "it exited with " + std::to_string(WEXITSTATUS(status)) + " and without a result";
}

std::uint64_t round_ns(const Row& row, const Length& length) {
  return length.round_ns * (row.opens_windows() ? browser_part : 1);
}

Result<Outcome> run_round(const Row& row, const Length& length, const std::vector<int>& cpus) {
  UniqueFd result(memfd_create("bench-result", MFD_CLOEXEC));
  if (!result) return std::unexpected(errno_error("Cannot make a file for results"));
  tell_cpus(cpus);
  const int fds[] = {result.get()};
  auto driver = start_self({"--drive=" + std::string(row.name), "--round-ns=" + std::to_string(round_ns(row, length)),
                            "--least=" + std::to_string(length.least), "--most=" + std::to_string(length.most)},
                           fds);
  if (!driver) return std::unexpected(driver.error());
  const auto status = driver->wait(deadline_ms);
  if (!status) return std::unexpected(Error{.message = "it was not done after a minute"});
  auto outcome = read_outcome(result.get());
  if (!outcome && *status != 0 && *status != W_EXITCODE(1, 0)) outcome.error().message = describe(*status);
  return outcome;
}

bool is_wanted(const Group& group, const Row& row, const std::string& only) {
  const auto named = [&](const Row& each) { return each.name.find(only) != std::string_view::npos; };
  return named(row) || (row.who != Who::ours && std::any_of(group.begin(), group.end(), named));
}

struct Running {
  const Row* row;
  std::vector<Outcome> rounds;
  std::string failure;
};

std::string announce(const Row& row) {
  return std::string(row.name) + ": " + std::string(row.work) + ", " +
         (row.placement == Placement::any    ? "any cpu"
          : row.placement == Placement::same ? "one cpu"
                                             : "two cpus");
}

void run_group(const Plan& plan, std::vector<Running>& rows, const std::vector<int>& usable) {
  for (int round = 0; round < plan.rounds; ++round) {
    for (auto& running : rows) {
      if (!running.failure.empty()) continue;
      auto outcome = run_round(*running.row, plan.length, cpus_for(running.row->placement, usable));
      if (!outcome)
        running.failure = outcome.error().message;
      else
        running.rounds.push_back(std::move(*outcome));
    }
  }
}

std::vector<Running> wanted_of(const Group& group, const Plan& plan, std::size_t cpus, Report& report) {
  std::vector<Running> rows;
  for (const auto& row : group) {
    if (!is_wanted(group, row, plan.only)) continue;
    if (row.placement == Placement::split && cpus < 2)
      report.skipped.push_back(std::string(row.name) + ": it needs two cpus, and there is one");
    else
      rows.push_back({&row, {}, {}});
  }
  return rows;
}

bool opens_windows(const Plan& plan) {
  for (const auto& group : groups())
    for (const auto& row : group)
      if (row.opens_windows() && is_wanted(group, row, plan.only)) return true;
  return false;
}

// One for all rows. Where it does not start they are tried on the display that is there, if any.
std::optional<Screen> screen_for(const Plan& plan, const Say& say) {
  if (!opens_windows(plan)) return std::nullopt;
  auto screen = Screen::start();
  if (screen) return std::move(*screen);
  say(screen.error().message);
  return std::nullopt;
}

std::uint64_t number(int argc, char** argv, std::string_view name, std::uint64_t otherwise) {
  if (auto text = argument(argc, argv, name)) std::from_chars(text->data(), text->data() + text->size(), otherwise);
  return otherwise;
}

}  // namespace

Plan quick_plan() { return {.rounds = 3, .length = {.round_ns = 30'000'000, .least = 3, .most = 20'000}}; }

const Measured* Report::find(std::string_view name) const {
  for (const auto& measured : rows)
    if (measured.row->name == name) return &measured;
  return nullptr;
}

Report run_rows(const Plan& plan, const Say& say) {
  Report report;
  const auto usable = usable_cpus();
  const auto screen = screen_for(plan, say);
  for (const auto& group : groups()) {
    auto rows = wanted_of(group, plan, usable.size(), report);
    for (const auto& running : rows) say(announce(*running.row));
    run_group(plan, rows, usable);
    for (auto& running : rows) {
      if (running.failure.empty())
        report.rows.push_back({running.row, figures(running.rounds)});
      else
        report.failures.push_back(std::string(running.row->name) + ": " + running.failure);
    }
  }
  return report;
}

int drive(const Row& row, int argc, char** argv) {
  const UniqueFd result(first_inherited);
  Session session(row, {.round_ns = number(argc, argv, "round-ns", 0),
                        .least = number(argc, argv, "least", 1),
                        .most = number(argc, argv, "most", 1)});
  auto driven = row.drive(session);
  const auto outcome = driven ? Result<Outcome>(session.outcome()) : std::unexpected(driven.error());
  write_outcome(result.get(), outcome);
  return outcome ? 0 : 1;
}

int answer(const Row& row, int argc, char** argv) {
  auto answered = row.answer({row, argc, argv});
  if (answered) return 0;
  std::fprintf(stderr, "bench: %s: the peer: %s\n", std::string(row.name).c_str(), answered.error().message.c_str());
  return 1;
}

}  // namespace mullion::bench
