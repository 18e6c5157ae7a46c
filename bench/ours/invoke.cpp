#include "bench_generated.h"
#include "harness/ball.hpp"
#include "mullion/ipc/table.hpp"
#include "mullion/main.hpp"
#include "mullion/preload.hpp"
#include "ours/entries.hpp"
#include "ours/ours.hpp"
#include "ours/program.hpp"

namespace mullion::bench {
namespace {

inline constexpr Channel<tables::Serve, tables::Return> rally{"rally"};

Ball ball_of(const tables::Words& words) {
  Ball ball;
  for (unsigned i = 0; i < 8; ++i) ball.words[i] = words.word()->Get(i);
  return ball;
}

template <class Object>
Object object_of(const Ball& ball) {
  Object object;
  object.words = std::make_unique<tables::Words>(flatbuffers::make_span(ball.words));
  return object;
}

Task<Result<tables::ReturnT>> answer(main::InvokeEvent, Table<tables::Serve> serve) {
  Ball ball = ball_of(*serve->words());
  strike(ball);
  co_return object_of<tables::ReturnT>(ball);
}

Task<Result<>> call(preload::IpcRenderer& ipc, Session& session) {
  session.start();
  bool more = true;
  for (std::uint64_t turn = 1; more; ++turn) {
    const auto request = object_of<tables::ServeT>(serve(turn));
    auto calling = ipc.invoke(rally, request);
    auto reply = co_await std::move(calling);
    if (!reply) co_return std::unexpected(reply.error());
    if (!is_ball(ball_of(*(*reply)->words()), turn, 1)) co_return std::unexpected(wrong_bytes("the renderer"));
    more = session.lap();
  }
  co_return {};
}

Task<Result<>> measure(preload::Context& context) {
  auto& ipc = context.ipc_renderer();
  auto session = Stage::session_of(context.arguments());
  auto calls = call(ipc, session);
  auto called = co_await std::move(calls);
  std::vector<Value> report;
  report.push_back(called ? Value(std::as_bytes(std::span(session.outcome().samples))) : Value(called.error().message));
  co_return ipc.send(called ? "samples" : "failed", std::move(report));
}

Task<Result<>> start(main::App& app, Stage& stage) {
  stage.await_samples(app);
  if (auto handled = app.ipc_main().handle(rally, answer); !handled) co_return handled;
  auto window = show_native_page(app, stage, "invoke");
  if (!window) co_return std::unexpected(window.error());
  co_return co_await window->load_url("native:invoke");
}

}  // namespace

Result<> invoke_preload(preload::Context& context) {
  context.spawn(measure(context));
  return {};
}

Result<> roles::drive_invoke(Session& session) { return run_main(session, start); }

}  // namespace mullion::bench
