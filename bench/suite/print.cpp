#include "suite/print.hpp"

#include <algorithm>
#include <cstdio>

namespace mullion::bench {
namespace {

std::string formatted(const char* format, double number) {
  char text[64];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

std::string time_text(double ns) {
  if (ns < 1000) return formatted("%.0f ns", ns);
  if (ns < 1e6) return formatted(ns < 1e5 ? "%.2f us" : "%.0f us", ns / 1e3);
  return formatted("%.2f ms", ns / 1e6);
}

std::string rate_text(double rate) {
  if (rate >= 1e6) return formatted("%.2f M/s", rate / 1e6);
  return rate >= 1e3 ? formatted("%.1f k/s", rate / 1e3) : formatted("%.1f /s", rate);
}

std::string figure_text(std::string_view unit, double figure) {
  if (unit == "ns") return time_text(figure);
  return unit == "bytes" ? formatted("%.0f B", figure) : rate_text(figure);
}

// How far a goal was missed: by what part ours would have to change.
std::string verdict(const Goal& goal) {
  if (goal.met) return "met";
  const double reached = goal.floor ? goal.ratio / goal.limit : goal.ratio;
  return "missed by " + formatted("%.0f %%", 100 * (reached > 1 ? reached - 1 : 1 - reached));
}

std::string demand(const Goal& goal) {
  if (goal.floor)
    return formatted("%.2f x", goal.ratio) + formatted(", at most %.2f x ", goal.limit) +
           figure_text(goal.unit, *goal.floor);
  return (goal.rule == "ours at least" ? "at least " : "at most ") + figure_text(goal.unit, goal.limit);
}

int widest_name(const Report& report) {
  std::size_t widest = 0;
  for (const auto& measured : report.rows) widest = std::max(widest, measured.row->name.size());
  return static_cast<int>(widest);
}

}  // namespace

void print_machine(const Machine& machine) {
  std::printf("%s, %d cpus; %s; %s; %s%s%s; load %.1f\n\n", machine.cpu.c_str(), machine.cpus, machine.kernel.c_str(),
              machine.compiler.c_str(), machine.flags.c_str(), machine.governor.empty() ? "" : "; governor ",
              machine.governor.c_str(), machine.load);
}

void print_rows(const Report& report) {
  const int width = widest_name(report);
  std::printf("%-*s  %-5s  %-5s  %10s  %10s  %10s  %10s  %12s\n", width, "row", "kind", "cpus", "p50", "p99", "p99.9",
              "max", "rate");
  for (const auto& [row, figures] : report.rows) {
    std::printf("%-*s  %-5s  %-5s  %10s  %10s  %10s  %10s  %12s", width, row->name.data(), to_string(row->who).data(),
                to_string(row->placement).data(), time_text(figures.p50_ns).c_str(), time_text(figures.p99_ns).c_str(),
                time_text(figures.p999_ns).c_str(), time_text(figures.max_ns).c_str(),
                rate_text(figures.per_second).c_str());
    if (figures.memory_bytes > 0) std::printf("  %.0f B each", figures.memory_bytes);
    std::printf("\n");
  }
}

void print_goals(const std::vector<Goal>& goals) {
  std::printf("\ngoals\n");
  for (const auto& goal : goals)
    std::printf("  %-62s  %10s  (%s): %s\n", goal.name.data(), figure_text(goal.unit, goal.ours).c_str(),
                demand(goal).c_str(), verdict(goal).c_str());
}

}  // namespace mullion::bench
