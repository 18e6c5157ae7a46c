#include "exchange.hpp"

#include <poll.h>

#include <algorithm>
#include <cstdio>

namespace mullion::fault {

using harness::Main;
using transport::Medium;

namespace {

constexpr std::size_t small = 100, medium = 100 * 1024, large = 300 * 1024;
constexpr std::size_t fillings[] = {small, small, small, medium, large};
constexpr std::chrono::seconds hang{20};

}  // namespace

// ---- main's side

Exchange::Exchange(Main& main, Talk& talk, EndId victim, EndId bystander)
    : main_(main), talk_(talk), victim_(victim), bystander_(bystander) {
  hold(victim);
}

Exchange::~Exchange() {
  for (const Line& line : lines_) main_.node().observe(line.end, nullptr);
}

Line& Exchange::hold(EndId end) {
  Line& line = lines_.emplace_back(end);
  main_.node().observe(end, &line);
  main_.node().start(end);
  return line;
}

bool Exchange::run() { return greet() && lend() && introduce() && take_over() && return_it() && leave(); }

bool Exchange::greet() {
  step_ = "greet";
  return echo(victim_, small);
}

bool Exchange::lend() {
  step_ = "lend";
  auto ends = main_.node().create_channel();
  if (!ends) return false;
  lent_ = hold(ends->first).end;
  if (!talk_.say(victim_, Verb::serve, 0, {ends->second})) return main_.node().close(ends->second), false;
  for (const std::size_t filling : fillings)
    if (!talk_.say(lent_, Verb::echo, filling)) return false;
  return std::ranges::all_of(fillings, [this](std::size_t) { return await(lent_, Verb::echoed).has_value(); });
}

bool Exchange::introduce() {
  step_ = "introduce";
  auto ends = main_.node().create_channel();
  if (!ends) return false;
  const bool one = talk_.say(victim_, Verb::serve, 0, {ends->first});
  const bool two = one && talk_.say(bystander_, Verb::serve, 0, {ends->second});
  if (!one) main_.node().close(ends->first);
  if (!two) main_.node().close(ends->second);
  return one && two && await(victim_, Verb::done);
}

bool Exchange::take_over() {
  step_ = "take over";
  auto given = await(victim_, Verb::serve);
  if (!given || given->ports.size() != 1) return false;
  if (!talk_.say(bystander_, Verb::serve, 0, {given->ports[0]})) return hold(given->ports[0]), false;
  if (!talk_.say(bystander_, Verb::give_back)) return false;
  auto back = await(bystander_, Verb::given);
  if (!back || back->ports.size() != 1) return false;
  taken_ = hold(back->ports[0]).end;
  return echo(taken_, small);
}

bool Exchange::return_it() {
  step_ = "return";
  auto given = await(victim_, Verb::serve);
  if (!given || given->ports.size() != 1) return false;
  if (!talk_.say(bystander_, Verb::serve, 0, {given->ports[0]})) return hold(given->ports[0]), false;
  return echo(lent_, large);
}

bool Exchange::leave() {
  step_ = "leave";
  return talk_.say(victim_, Verb::bye);
}

bool Exchange::echo(EndId end, std::size_t filling) { return talk_.say(end, Verb::echo, filling) && echoes(end); }

bool Exchange::echoes(EndId end) { return await(end, Verb::echoed).has_value(); }

// Says back what the other side wants said back, and waits for that one.
std::optional<Note> Exchange::await(EndId end, Verb verb) {
  std::optional<Note> note;
  main_.node().start(end);
  const bool came = harness::run_until(
      main_.loop(),
      [&] {
        while ((note = talk_.hear(end)) && note->verb == Verb::echo) talk_.say(end, Verb::echoed, note->filling);
        return note || main_.node().closed(end);
      },
      hang);
  if (!came) harness::fail(__FILE__, __LINE__, "nothing came and nothing closed in the step " + step_);
  if (note && note->verb == verb) return note;
  if (note)
    for (const EndId port : note->ports) hold(port);
  return std::nullopt;
}

void Exchange::settle(std::optional<node::CloseReason> why) {
  for (std::size_t i = 0; i < lines_.size(); ++i) settle(*std::next(lines_.begin(), static_cast<std::ptrdiff_t>(i)));
  const Line& boot = lines_.front();
  EXPECT(boot.closes == 1);
  EXPECT(!why || boot.why == why);
  EXPECT(talk_.damaged() == 0);
}

// It answers, or it closes: once, and after that nothing comes.
void Exchange::settle(Line& line) {
  talk_.say(line.end, Verb::echo, small);
  const bool over = harness::run_until(
      main_.loop(),
      [&] {
        while (auto note = talk_.hear(line.end)) {
          for (const EndId port : note->ports) hold(port);
          if (note->verb == Verb::echo) talk_.say(line.end, Verb::echoed, note->filling);
          if (note->verb == Verb::echoed && line.end != victim_) return true;
        }
        return line.closes > 0;
      },
      hang);
  if (!over) harness::fail(__FILE__, __LINE__, "an end neither answers nor closes after the step " + step_);
  harness::run_turns(main_.loop(), 1);
  EXPECT(line.closes <= 1);
  main_.node().observe(line.end, nullptr);
  main_.node().close(line.end);
  talk_.forget(line.end);
}

// ---- the stage

Stage::Stage(Medium medium, Pools pools) : main_(Main::create(medium, {.undumpable = false})) {
  bystander_ = &main_->start("bystander");
  talk_.emplace(main_->node());
  main_->node().start(bystander_->boot);
  if (pools == Pools::made) make_pools();
  note();
}

Stage::~Stage() {
  talk_.reset();
  main_->destroy_broker();
}

Report Stage::ask_bystander() {
  std::optional<Note> note;
  EXPECT(talk_->say(bystander(), Verb::report));
  EXPECT(main_->wait_until([&] { return (note = talk_->hear(bystander())) && note->verb == Verb::reported; }));
  EXPECT(note->report);
  EXPECT(note->report->damaged == 0);
  EXPECT(note->report->told_twice == 0);
  return *note->report;
}

void Stage::expect_as_before() {
  const auto as_before = [&] {
    const Report report = ask_bystander();
    const Census now = take_census();
    return report.ends <= 1 && report.descriptors <= bystander_before_.descriptors &&
           report.mappings <= bystander_before_.mappings && report.threads <= bystander_before_.threads &&
           now.within(before_);
  };
  const auto end = std::chrono::steady_clock::now() + hang;
  bool same = as_before();
  while (!same && std::chrono::steady_clock::now() < end) poll(nullptr, 0, 1), same = as_before();
  if (same) return;
  const Report report = ask_bystander();
  const Census now = take_census();
  char text[256];
  std::snprintf(text, sizeof text,
                "main: %u descriptors, %u mappings, %u threads (%u, %u, %u before); "
                "bystander: %u ends, %u, %u, %u (%u, %u, %u before)",
                now.descriptors, now.mappings, now.threads, before_.descriptors, before_.mappings, before_.threads,
                report.ends, report.descriptors, report.mappings, report.threads, bystander_before_.descriptors,
                bystander_before_.mappings, bystander_before_.threads);
  harness::fail(__FILE__, __LINE__, text);
}

// The largest there are, both ways: they stay as long as the link.
void Stage::make_pools() {
  EXPECT(talk_->say(bystander(), Verb::echo, 4u << 20));
  EXPECT(main_->wait_until([&] { return talk_->hear(bystander()).has_value(); }));
}

void Stage::note() {
  bystander_before_ = ask_bystander();
  before_ = take_census();
}

void Stage::expect_heap(std::uint64_t bytes) {
  const std::uint64_t bystanders = ask_bystander().heap, ours = take_census().heap;
  if (ours <= before_.heap + bytes && bystanders <= bystander_before_.heap + bytes) return;
  harness::fail(__FILE__, __LINE__,
                "main's heap grew by " + std::to_string(static_cast<std::int64_t>(ours - before_.heap)) +
                    " bytes, the bystander's by " +
                    std::to_string(static_cast<std::int64_t>(bystanders - bystander_before_.heap)));
}

// ---- victims

std::unique_ptr<Life> start(Main& main, std::string_view program, std::vector<std::string> arguments, Error* why) {
  auto life = std::make_unique<Life>();
  node::ChildEvents events{
      .link_failed = [life = life.get()](const Error& error) { life->link_failed = error; },
      .exited = [life = life.get()](node::ExitStatus status) { ++life->exits, life->status = status; }};
  arguments.insert(arguments.begin(), harness::program(program));
  auto id = main.broker().spawn(
      {.role = "test", .name = std::string(program), .arguments = std::move(arguments), .link = main.link_options()},
      std::move(events));
  if (!id) {
    if (why) *why = id.error();
    return nullptr;
  }
  life->id = *id;
  life->boot = main.broker().boot_end(*id);
  return life;
}

void expect_exit(Main& main, Life& life) {
  EXPECT(main.wait_until([&] { return life.exits > 0; }));
  harness::run_turns(main.loop(), 1);
  EXPECT(life.exits == 1);
}

}  // namespace mullion::fault
