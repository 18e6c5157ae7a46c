#include <fstream>
#include <nlohmann/json.hpp>

#include "suite/print.hpp"

namespace mullion::bench {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Machine& machine) {
  Json json{{"cpu", machine.cpu},           {"cpus", machine.cpus},   {"kernel", machine.kernel},
            {"compiler", machine.compiler}, {"flags", machine.flags}, {"date", machine.date},
            {"clock_ns", machine.clock_ns}, {"load", machine.load}};
  if (!machine.governor.empty()) json["governor"] = machine.governor;
  return json;
}

Json json_of(const Measured& measured) {
  const auto& [row, figures] = measured;
  Json json{{"name", row->name},
            {"kind", to_string(row->who)},
            {"work", row->work},
            {"bytes", row->bytes},
            {"placement", to_string(row->placement)},
            {"rounds", figures.rounds},
            {"p50_ns", figures.p50_ns},
            {"p99_ns", figures.p99_ns},
            {"p999_ns", figures.p999_ns},
            {"max_ns", figures.max_ns},
            {"per_second", figures.per_second}};
  if (figures.memory_bytes > 0) json["memory_bytes"] = figures.memory_bytes;
  return json;
}

Json json_of(const Goal& goal) {
  return {{"name", goal.name},
          {"unit", goal.unit},
          {"rule", goal.rule},
          {"ours", goal.ours},
          {"floor", goal.floor ? Json(*goal.floor) : Json()},
          {"ratio", goal.ratio},
          {"limit", goal.limit},
          {"met", goal.met}};
}

template <class T>
Json each(const std::vector<T>& items) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(json_of(item));
  return list;
}

}  // namespace

Result<> write_json(const std::string& path, const Machine& machine, const Report& report,
                    const std::vector<Goal>& goals) {
  std::ofstream file(path);
  file << Json{{"machine", json_of(machine)}, {"rows", each(report.rows)}, {"goals", each(goals)}}.dump(1) << "\n";
  file.close();
  if (!file) return std::unexpected(errno_error("Cannot write " + path));
  return {};
}

}  // namespace mullion::bench
