#include <sys/mman.h>
#include <sys/wait.h>

#include "harness/exchange.hpp"
#include "peers/peers.hpp"

namespace mullion::bench::peers {
namespace {

constexpr int deadline_ms = 50'000;

std::string program_path(const std::string& own) { return own.substr(0, own.rfind('/')) + "/cef_program"; }

std::vector<std::string> arguments(const Session& session, std::string_view turn) {
  const auto& length = session.length();
  return {"--turn=" + std::string(turn), "--round-ns=" + std::to_string(length.round_ns),
          "--least=" + std::to_string(length.least), "--most=" + std::to_string(length.most)};
}

Error ended(int status) {
  const auto how = WIFSIGNALED(status) ? "was ended by signal " + std::to_string(WTERMSIG(status))
                                       : "exited with " + std::to_string(WEXITSTATUS(status));
  return {.message = "the bare CEF program " + how};
}

Result<> drive_program(Session& session, std::string_view turn) {
  auto own = own_path();
  if (!own) return std::unexpected(own.error());
  const UniqueFd result(memfd_create("bench-result", MFD_CLOEXEC));
  if (!result) return std::unexpected(errno_error("Cannot make a file for results"));
  const int fds[] = {result.get()};
  auto program = start_program(program_path(*own), arguments(session, turn), fds);
  if (!program) return std::unexpected(program.error());
  const auto status = program->wait(deadline_ms);
  if (!status) return std::unexpected(Error{.message = "the bare CEF program was not done in time"});
  auto outcome = read_outcome(result.get());
  if (*status != 0) return std::unexpected(outcome ? ended(*status) : outcome.error());
  if (!outcome) return std::unexpected(outcome.error());
  session.take_over(std::move(*outcome));
  return {};
}

}  // namespace

Result<> drive_query(Session& session) { return drive_program(session, promise_exchange.name); }
Result<> drive_query_rate(Session& session) { return drive_program(session, rate_exchange.name); }
Result<> drive_query_large(Session& session) { return drive_program(session, large_exchange.name); }
Result<> drive_bare_open(Session& session) { return drive_program(session, opening); }
Result<> drive_bare_first(Session& session) { return drive_program(session, first_opening); }

}  // namespace mullion::bench::peers
