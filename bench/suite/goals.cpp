#include "suite/goals.hpp"

namespace mullion::bench {
namespace {

constexpr std::string_view ratio_at_most = "ratio at most", at_least = "ours at least", at_most = "ours at most";

enum class Figure : std::uint8_t { time, rate, memory, added_memory };

struct Wanted {
  std::string_view name;
  Figure figure;
  std::string_view ours;
  std::string_view floor;  // or peer; "": the limit is a figure of its own
  double limit;
  double slack_ns = 0;  // allowed on top of limit x floor
};

// What DESIGN.md and the CEF backend must reach.
constexpr Wanted wanted[] = {
    {"64 B round trip, both spinning, two cpus", Figure::time, "link-spin", "line-spin", 1.6},
    {"64 B round trip, link, futex wait, one cpu", Figure::time, "link-futex", "futex", 1.2},
    {"64 B round trip, port in two loops, trusted ends, one cpu", Figure::time, "port-trusted", "eventfd-libuv", 1.15},
    {"64 B round trip, port in two loops, untrusted peer, one cpu", Figure::time, "port-untrusted", "seqpacket-libuv",
     1.15},
    {"typed invoke and reply, one cpu", Figure::time, "invoke-typed", "eventfd-libuv", 1.6},
    {"64 B one way, raw ring", Figure::rate, "one-way-link", "", 15e6},
    {"64 B one way, port with bytes", Figure::rate, "one-way-port-bytes", "", 10e6},
    {"64 B one way, port with a small Value", Figure::rate, "one-way-port-value", "", 4e6},
    {"1 MiB round trip, copying port, one cpu", Figure::time, "port-1mib-same", "copies-same", 1.2},
    {"1 MiB round trip, copying port, two cpus", Figure::time, "port-1mib-split", "copies-split", 1.2},
    {"1 MiB round trip, a SharedBuffer to and fro, one cpu", Figure::time, "shared-buffer", "in-place", 1.1},
    {"1 MiB round trip, a fresh sealed SharedBuffer each way, one cpu", Figure::time, "sealed-buffer",
     "fresh-memory", 1.1},
    {"64 B round trip, page to utility against page to main, one cpu", Figure::time, "page-port-utility",
     "page-port-main", 1.05},
    {"utility start to first message", Figure::time, "utility-start", "bare-start", 1.5, 2e6},
    {"isolated utility start to first message", Figure::time, "utility-start-isolated", "bare-start", 1.5, 2e6},
    {"idle port, bytes in main", Figure::memory, "idle-ports-main", "", 1024},
    {"idle port, bytes in the child", Figure::memory, "idle-ports-child", "", 1024},
    {"64 B round trip, one port among 10,000 idle ones", Figure::time, "port-among-idle", "port-untrusted", 1.1},
    {"64 B round trip, one link among 200", Figure::time, "link-among-links", "link-alone", 1.1},
    {"CEF: page to main and back, promise", Figure::time, "cef-promise", "cef-query", 1.0 / 3},
    {"CEF: page to main and back, sync", Figure::time, "cef-sync", "cef-query", 1.0 / 5},
    {"CEF: page to main and back, pipelined, time of one", Figure::time, "cef-rate", "cef-query-rate", 1.0 / 5},
    {"CEF: page to main and back, 1 MiB", Figure::time, "cef-1mib", "cef-query-1mib", 1.0 / 10},
    {"CEF: window open to first page script", Figure::time, "cef-open", "bare-cef-open", 1.15},
    {"CEF: program start to first page script", Figure::time, "cef-first", "bare-cef-first", 1.15},
    {"CEF: memory added to a renderer", Figure::added_memory, "cef-first", "bare-cef-first", 3e6},
};

double figure_of(const Measured& measured, Figure figure) {
  if (figure == Figure::time) return measured.figures.p50_ns;
  return figure == Figure::rate ? measured.figures.per_second : measured.figures.memory_bytes;
}

std::string_view unit_of(Figure figure) {
  return figure == Figure::time ? "ns" : figure == Figure::rate ? "messages/s" : "bytes";
}

Goal against_limit(const Wanted& goal, double ours) {
  const bool more_is_better = goal.figure == Figure::rate;
  return {.name = goal.name,
          .unit = unit_of(goal.figure),
          .rule = more_is_better ? at_least : at_most,
          .ours = ours,
          .ratio = ours / goal.limit,
          .limit = goal.limit,
          .met = more_is_better ? ours >= goal.limit : ours <= goal.limit};
}

Goal against_bare(const Wanted& goal, const Measured& ours, const Measured& bare) {
  return against_limit(goal, ours.figures.memory_bytes - bare.figures.memory_bytes);
}

Goal against_floor(const Wanted& goal, const Measured& ours, const Measured& floor) {
  const double floor_ns = floor.figures.p50_ns;
  Goal result{.name = goal.name,
              .unit = unit_of(goal.figure),
              .rule = ratio_at_most,
              .ours = ours.figures.p50_ns,
              .floor = floor_ns,
              .ratio = ratio(ours.figures, floor.figures),
              .limit = goal.limit + goal.slack_ns / floor_ns};
  result.met = result.ratio <= result.limit;
  return result;
}

}  // namespace

std::vector<Goal> judge(const Report& report) {
  std::vector<Goal> goals;
  for (const auto& goal : wanted) {
    const auto* ours = report.find(goal.ours);
    const auto* floor = report.find(goal.floor);
    if (!ours || (!floor && !goal.floor.empty())) continue;
    if (!floor)
      goals.push_back(against_limit(goal, figure_of(*ours, goal.figure)));
    else if (goal.figure == Figure::added_memory)
      goals.push_back(against_bare(goal, *ours, *floor));
    else
      goals.push_back(against_floor(goal, *ours, *floor));
  }
  return goals;
}

}  // namespace mullion::bench
