#include "shortage.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

#include "exchange.hpp"
#include "quiet_log.hpp"

using namespace mullion;
using namespace mullion::fault;
using transport::Medium;

namespace {

struct Shortage {
  Call call;
  int error;
  bool passes = false;  // it is only for now: the exchange goes on as if nothing had been
};

const Shortage shortages[] = {
    {Call::memfd_create, ENOMEM},   {Call::memfd_create, EMFILE},
    {Call::pwrite, ENOSPC},         {Call::pwrite, EINTR, true},
    {Call::mmap, ENOMEM},           {Call::fcntl, EMFILE},
    {Call::socketpair, ENFILE},     {Call::sendmsg, EAGAIN, true},
    {Call::sendmsg, ENOBUFS, true}, {Call::sendmsg, ETOOMANYREFS, true},
    {Call::sendmsg, EINTR, true},   {Call::send, ENOBUFS, true},
    {Call::send, ENOMEM, true},     {Call::eventfd, EMFILE},
    {Call::epoll_create1, EMFILE},  {Call::pipe2, EMFILE},
    {Call::open, ENFILE},           {Call::pthread_create, EAGAIN},
    {Call::clone, EAGAIN},          {Call::nothrow_new, ENOMEM},
};

std::string text_of(const Shortage& shortage, int nth) {
  return std::string(to_string(shortage.call)) + ":" + std::to_string(nth) + ":" + std::to_string(shortage.error);
}

struct Outcome {
  bool started = false;
  bool all = false;    // the exchange was gone through
  bool fired = false;  // the call that was to fail was made
};

// An exchange that has trouble while it is begun and gone through, and none when what is left is looked at.
template <class Begin, class End>
Outcome run_once(Stage& stage, std::vector<std::string> arguments, Begin trouble, End no_more) {
  Outcome outcome;
  Error why;
  trouble();
  auto life = start(stage.main(), "short_victim", std::move(arguments), &why);
  std::optional<Exchange> exchange;
  if (life) exchange.emplace(stage.main(), stage.talk(), life->boot, stage.bystander());
  outcome.all = exchange && exchange->run();
  outcome.fired = no_more();
  outcome.started = life != nullptr;
  if (!life) {
    EXPECT(!why.message.empty());
    return outcome;
  }
  if (!outcome.all) (void)stage.main().broker().kill(life->id, SIGKILL);
  expect_exit(stage.main(), *life);
  outcome.fired = outcome.fired || life->status->code >= it_failed || life->status->signal != 0;
  exchange->settle(std::nullopt);
  return outcome;
}

// `run` goes through an exchange in which the nth call, which the text names too, fails.
template <class F>
void fail_each_call(Medium medium, const Shortage& shortage, F run) {
  Stage stage(medium);
  const auto none = [] { return false; };
  for (int i = 0; i < 2; ++i) EXPECT(run_once(stage, {}, [] {}, none).all);
  stage.note();
  Outcome outcome{.fired = true};
  for (int nth = 1; outcome.fired; ++nth) {
    const std::string text = text_of(shortage, nth);
    CAPTURE(text);
    outcome = run(stage, nth, text);
    CHECK((outcome.all || (outcome.fired && !shortage.passes)));
    stage.expect_as_before();
  }
}

void fail_each_call_of_main(Medium medium, const Shortage& shortage) {
  fail_each_call(medium, shortage, [&](Stage& stage, int nth, const std::string&) {
    return run_once(stage, {}, [&] { fail_call(shortage.call, nth, shortage.error); }, fail_no_more);
  });
}

// The child says by its exit code whether the call was made.
void fail_each_call_of_a_child(Medium medium, const Shortage& shortage) {
  fail_each_call(medium, shortage, [](Stage& stage, int, const std::string& text) {
    return run_once(stage, {"--mullion-fail=" + text}, [] {}, [] { return false; });
  });
}

bool of_memory(Call call) {
  return call == Call::memfd_create || call == Call::pwrite || call == Call::mmap || call == Call::fcntl;
}
bool of_pipe(Call call) { return call == Call::send || call == Call::sendmsg || call == Call::nothrow_new; }

// `automatic` takes the pipe where memory cannot be had.
template <class F>
void for_each_shortage(F each) {
  const QuietLog quiet;
  for (const Shortage& shortage : shortages) {
    each(Medium::shm, shortage);
    if (of_pipe(shortage.call)) each(Medium::pipe, shortage);
    if (of_memory(shortage.call)) each(Medium::automatic, shortage);
  }
}

template <class F>
void over_both(F each) {
  const QuietLog quiet;
  for (const Medium medium : {Medium::shm, Medium::pipe}) {
    CAPTURE(to_string(medium));
    each(medium);
  }
}

// Which link is hit is chance, but only one is.
void run_out_of_heap(Medium medium) {
  bool fired = true;
  int lost = 0;
  for (int nth = 1; fired; ++nth) {
    CAPTURE(nth);
    auto main = harness::Main::create(medium, {.undumpable = false});
    auto life = start(*main, "bystander");
    EXPECT(life);
    Talk talk(main->node());
    main->node().start(life->boot);
    fail_call(Call::nothrow_new, nth, ENOMEM);
    for (int i = 0; i < 3; ++i) talk.say(life->boot, Verb::echo, 300 * 1024);
    int came = 0;
    EXPECT(main->wait_until([&] {
      while (talk.hear(life->boot)) ++came;
      return came == 3 || life->exits > 0;
    }));
    fired = fail_no_more();
    CHECK((came == 3 || fired));
    CHECK((!life->link_failed || life->link_failed->code == "ENOMEM"));
    lost += came < 3;
  }
  CHECK(lost > 0);
}

rlim_t lower_descriptors(rlim_t to) {
  rlimit limit{};
  EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlim_t before = std::exchange(limit.rlim_cur, to);
  EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  return before;
}

void run_out_of_descriptors(Medium medium) {
  Stage stage(medium);
  const auto none = [] { return false; };
  for (int i = 0; i < 2; ++i) EXPECT(run_once(stage, {}, [] {}, none).all);
  stage.note();
  const auto used = static_cast<rlim_t>(take_census().descriptors);
  rlim_t before = 0;
  Outcome outcome;
  rlim_t more = 0;
  for (; !outcome.all && more < 200; ++more) {
    CAPTURE(more);
    outcome = run_once(
        stage, {}, [&] { before = lower_descriptors(used + more); }, [&] { return lower_descriptors(before), true; });
    stage.expect_as_before();
  }
  CHECK(outcome.all);
  CHECK(more > 1);
}

void child_runs_out_of_descriptors(Medium medium) {
  Stage stage(medium);
  const auto none = [] { return false; };
  for (int i = 0; i < 2; ++i) EXPECT(run_once(stage, {}, [] {}, none).all);
  stage.note();
  Outcome outcome;
  int limit = 5;
  for (; !outcome.all && limit < 64; ++limit) {
    CAPTURE(limit);
    outcome = run_once(stage, {"--mullion-descriptors=" + std::to_string(limit)}, [] {}, none);
    stage.expect_as_before();
  }
  CHECK(outcome.all);
  CHECK(limit > 6);
}

void limit_as_told(int argc, char** argv) {
  constexpr std::string_view name = "--mullion-descriptors=";
  for (int i = 1; i < argc; ++i) {
    const std::string_view text = argv[i];
    if (text.starts_with(name)) lower_descriptors(static_cast<rlim_t>(std::atoi(argv[i] + name.size())));
  }
}

}  // namespace

MULLION_TEST_PROGRAM(short_victim) {
  limit_as_told(argc, argv);
  fail_as_told(argc, argv);
  const int code = harness::run_script(harness::script_named("victim"), argc, argv);
  std::_Exit(code + (fail_no_more() ? it_failed : 0));
}

TEST_CASE("shortage: each call of main that can fail fails once; an error says so, or it goes another way") {
  for_each_shortage([](Medium medium, const Shortage& shortage) {
    if (shortage.call != Call::nothrow_new) fail_each_call_of_main(medium, shortage);
  });
}
TEST_CASE("shortage: each call of a child that can fail fails once; main and others do not notice") {
  for_each_shortage(fail_each_call_of_a_child);
}
TEST_CASE("shortage: main has no heap for a message; that link ends, and main goes on") { over_both(run_out_of_heap); }
TEST_CASE("shortage: main runs out of descriptors at any step") { over_both(run_out_of_descriptors); }
TEST_CASE("shortage: a child runs out of descriptors at any step") { over_both(child_runs_out_of_descriptors); }
