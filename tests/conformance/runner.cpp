#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS
#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include "case_process.hpp"
#include "kit.hpp"
#include "scripts.hpp"

namespace mullion::conformance {

namespace {

Subject the_subject;
const Scripts* the_scripts = nullptr;
std::string the_skip;

const volatile char* const families[] = {&bridge_cases,    &devtools_cases,  &execute_cases, &hang_cases,
                                         &hostile_cases,   &lifecycle_cases, &load_cases,    &message_cases,
                                         &offscreen_cases, &picture_cases, &port_cases,   &view_cases,    &window_cases};

struct Case {
  std::string name;
  bool needs_script = false;
};

// ---- one case, in the process that was started for it ----

std::string pattern_of(std::string_view name) {
  std::string pattern;
  for (char each : name) {
    if (each == ',' || each == '\\') pattern += '\\';
    pattern += each;
  }
  return pattern;
}

int run_case(std::string_view name) {
  Scripts scripts;
  the_scripts = &scripts;
  doctest::Context context;
  context.setOption("test-case", pattern_of(name).c_str());
  context.setOption("no-intro", true);
  context.setOption("no-version", true);
  int failed = context.run();
  if (failed || the_skip.empty()) return failed;
  std::printf("%s%s", skipped_line, the_skip.c_str());
  return skipped_exit_code;
}

// ---- all of them ----

std::vector<Case> found;

struct Lister : doctest::IReporter {
  explicit Lister(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData& query) override {
    for (unsigned i = 0; i < query.num_data; ++i)
      found.push_back({query.data[i]->m_name, std::string_view(query.data[i]->m_test_suite) == "script"});
  }
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_REPORTER("lister", 1, Lister);

std::vector<Case> cases(const std::string& only) {
  for (const auto* family : families) (void)*family;
  const char* query[] = {"", "--list-test-cases", "--reporters=lister"};
  doctest::Context(3, query).run();
  std::erase_if(found, [&](const Case& each) { return each.name.find(only) == std::string::npos; });
  return found;
}

void explain(const CaseOutcome& outcome) {
  std::printf("# %s\n", outcome.why.c_str());
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) std::printf("# %s\n", line.c_str());
}

struct Tally {
  unsigned passed = 0;
  unsigned skipped = 0;
  std::vector<std::string> failed;
};

void tell_skipped(const Case& each, unsigned number, std::string_view why, Tally& tally) {
  ++tally.skipped;
  std::printf("ok %u - %s # SKIP %.*s\n", number, each.name.c_str(), static_cast<int>(why.size()), why.data());
}

void run_one(const Case& each, unsigned number, Tally& tally) {
  if (each.needs_script && !the_subject.scripts) return tell_skipped(each, number, "its pages run no scripts", tally);
  for (const auto& [name, why] : the_subject.skipped)
    if (name == each.name) return tell_skipped(each, number, why, tally);
  auto outcome = run_in_process(each.name);
  if (outcome.skipped) return tell_skipped(each, number, outcome.why, tally);
  outcome.passed ? void(++tally.passed) : tally.failed.push_back(each.name);
  std::printf("%s %u - %s\n", outcome.passed ? "ok" : "not ok", number, each.name.c_str());
  if (!outcome.passed) explain(outcome);
}

// One line for a table of backends: "| headless | 40 | 2 | 0 | name; name |".
bool write_row(const std::string& file, const Tally& tally) {
  std::string failed;
  for (const auto& name : tally.failed) failed += (failed.empty() ? "" : "; ") + name;
  std::ofstream out(file);
  out << "| " << the_subject.backend->name() << " | " << tally.passed << " | " << tally.failed.size() << " | "
      << tally.skipped << " | " << failed << " |\n";
  return bool(out.flush());
}

int run_all(const std::string& only, const std::string& row) {
  auto all = cases(only);
  if (all.empty()) return report({.message = "no case's name contains '" + only + "'; --list shows them"});
  Tally tally;
  std::printf("1..%zu\n", all.size());
  for (unsigned i = 0; i < all.size(); ++i) {
    run_one(all[i], i + 1, tally);
    std::fflush(stdout);
  }
  std::printf("# %s: %u passed, %zu failed, %u skipped\n", std::string(the_subject.backend->name()).c_str(),
              tally.passed, tally.failed.size(), tally.skipped);
  if (!row.empty() && !write_row(row, tally)) return report({.message = row + " cannot be written"});
  return tally.failed.empty() ? 0 : 1;
}

int run_command(int argc, char** argv) {
  CLI::App command("Runs Mullion's conformance cases against the backend '" + std::string(the_subject.backend->name()) +
                   "', each in a process of its own, and prints TAP.");
  bool list = false;
  std::string only, row;
  command.add_flag("--list", list, "only name the cases");
  command.add_option("--only", only, "run the cases whose names contain this");
  command.add_option("--row", row, "also write the tally to this file, as a row of a Markdown table");
  CLI11_PARSE(command, argc, argv);
  if (!list) return run_all(only, row);
  for (const auto& each : cases(only)) std::printf("%s%s\n", each.name.c_str(), each.needs_script ? " [script]" : "");
  return 0;
}

bool is_command(std::string_view argument) {
  for (std::string_view known : {"-h", "--help", "--list", "--only", "--row"})
    if (argument == known || argument.starts_with(std::string(known) + "=")) return true;
  return false;
}

}  // namespace

const Subject& subject() { return the_subject; }

void skip(const std::string& why) { the_skip = why; }

std::string preload_script(const std::string& name) { return the_scripts->path(name); }

int run(int argc, char** argv, Subject subject) {
  the_subject = std::move(subject);
  if (the_subject.page.empty()) the_subject.page = "app://test/page.html";
  if (the_subject.missing.empty()) the_subject.missing = "app://test/missing.html";
  std::string_view first = argc > 1 ? argv[1] : "";
  if (first.starts_with(case_switch)) return run_case(first.substr(std::string_view(case_switch).size()));
  if (first.empty() || is_command(first)) return run_command(argc, argv);
  return mullion::run(argc, argv, program());
}

}  // namespace mullion::conformance
