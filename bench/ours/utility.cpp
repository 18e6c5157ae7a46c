#include "mullion/utility.hpp"

#include "mullion/main.hpp"
#include "ours/entries.hpp"
#include "ours/ours.hpp"
#include "ours/program.hpp"

namespace mullion::bench {
namespace {

void start_one(main::App& app, Stage& stage, Isolation isolation);

void heard(main::App& app, Stage& stage, Isolation isolation, const main::UtilityProcess& utility, bool more) {
  utility.on(main::exit, [&app, &stage, isolation, more](int code) {
    if (code != 0)
      return stage.end(app, std::unexpected(Error{.message = "the utility exited with " + std::to_string(code)}));
    more ? start_one(app, stage, isolation) : stage.end(app);
  });
}

void start_one(main::App& app, Stage& stage, Isolation isolation) {
  stage.session().start();
  auto utility = main::UtilityProcess::fork(app, "hello", {.isolation = isolation});
  if (!utility) return stage.end(app, std::unexpected(utility.error()));
  utility->on(main::message, [&app, &stage, isolation, utility = *utility](Message& message) {
    const bool more = stage.session().stop();
    if (message.data.string() != "hello") return stage.end(app, std::unexpected(wrong_bytes("main")));
    heard(app, stage, isolation, utility, more);
  });
}

template <Isolation isolation>
Task<Result<>> start(main::App& app, Stage& stage) {
  app.on(main::window_all_closed, [] {});
  start_one(app, stage, isolation);
  co_return {};
}

}  // namespace

Task<Result<>> hello_utility(utility::Process& process) { co_return process.parent_port().post_message("hello"); }

Result<> roles::drive_utility(Session& session) { return run_main(session, start<Isolation::same_user>); }

Result<> roles::drive_isolated_utility(Session& session) { return run_main(session, start<Isolation::isolated>); }

}  // namespace mullion::bench
