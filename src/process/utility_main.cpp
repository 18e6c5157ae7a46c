#include "process/utility_main.hpp"

#include <cstdio>

#include "mullion/base/log.hpp"
#include "mullion/utility.hpp"
#include "process/boot_port.hpp"
#include "process/utility_state.hpp"

namespace mullion::process {

namespace {

Task<> run_entry(utility::detail::ProcessState& state, const UtilityEntry& entry) {
  auto running = entry.entry(state.process);
  auto result = co_await std::move(running);
  if (!result) std::fprintf(stderr, "%s: %s\n", entry.name.c_str(), result.error().message.c_str());
  state.end(result ? 0 : 1);
}

void begin(utility::detail::ProcessState& state, const Program& program, Incoming message) {
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(message.body.bytes.data()),
                                 message.body.bytes.size());
  if (message.op != Op::utility_start || message.ports.size() != 1 || state.port ||
      !verifier.VerifyBuffer<protocol::UtilityStart>())
    return state.end(report({.message = "the start message cannot be read"}));
  auto* start = flatbuffers::GetRoot<protocol::UtilityStart>(message.body.bytes.data());
  state.name = start->entry()->str();
  if (start->arguments())
    for (auto* argument : *start->arguments()) state.arguments.push_back(argument->str());
  state.port.emplace(std::move(message.ports[0]).start());
  for (const auto& entry : program.utilities)
    if (entry.name == state.name) return state.tasks->spawn(run_entry(state, entry));
  state.end(report({.message = "this program has no utility called '" + state.name + "'"}));
}

}  // namespace

int run_utility(Loop& loop, node::ChildNode& child, const Program& program, Isolating isolating) {
  if (auto finished = finish_isolation(isolating); !finished) return report(finished.error());
  utility::detail::ProcessState state(loop, child.share_node(), isolating.report);
  BootPort boot(child.share_node(), child.boot_end(), Waiting::may);
  boot.start({.receive = [&](Incoming message) { begin(state, program, std::move(message)); },
              .violated = [&](const std::string& what) { state.end(report({.message = what})); },
              .closed = [&](node::CloseReason) { state.end(1); }});
  auto ran = loop.run();
  state.tasks.reset();
  state.port.reset();
  child.disconnect();
  return ran ? state.code : report(ran.error());
}

}  // namespace mullion::process

namespace mullion::utility {

// The first word counts: an entry that ends after exit(3) does not make it 0.
void detail::ProcessState::end(int with) {
  if (!std::exchange(ended, true)) code = with;
  loop.stop();
}

StartedPort& Process::parent_port() { return *state_.port; }
const std::vector<std::string>& Process::arguments() const { return state_.arguments; }
const std::string& Process::name() const { return state_.name; }
Loop& Process::loop() { return state_.loop; }
const IsolationReport& Process::isolation() const { return state_.isolation; }
Result<MessageChannel> Process::create_channel() { return MessageChannel::create(state_.node); }
void Process::exit(int code) { state_.end(code); }

namespace {

Task<> logged(Task<Result<>> task) {
  auto result = co_await std::move(task);
  if (!result) log(Level::warning, result.error().message);
}

}  // namespace

void Process::spawn(Task<Result<>> task) { state_.tasks->spawn(logged(std::move(task))); }

}  // namespace mullion::utility
