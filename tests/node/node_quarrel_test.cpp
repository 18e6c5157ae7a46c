// A child that lies to another child on the link that main made for them.
#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "harness/scripts.hpp"
#include "mullion/base/log.hpp"
#include "node/node_link.hpp"

using namespace mullion;
using namespace mullion::harness;
using namespace mullion::node;
using transport::Link;

namespace {

// Takes what comes, and sees the end.
struct Sink : transport::LinkHandler {
  bool closed = false, heard = false;
  bool on_record(const transport::RecordHeader& header, Bytes) override {
    heard |= header.kind == static_cast<std::uint16_t>(wire::RecordKind::data);
    return true;
  }
  void on_control(Bytes, std::vector<UniqueFd>) override {}
  void on_closed(const Error&) override { closed = true; }
};

// A child by hand, as far as it takes to get a port from main and the link that goes with it.
struct Liar final : Sink {
  Liar(Loop& loop, NodeId self) : loop(loop), self(self) {
    link = *Link::accept(loop, UniqueFd(3), {.message_bytes = max_payload_bytes});
    link->start(*this);
  }

  bool on_record(const transport::RecordHeader& header, Bytes payload) override {
    auto record = read_record(header, payload);
    if (!record || record->ports.empty()) return true;
    port = record->ports[0].end;
    say(core::Claim{port, record->ports[0].token, boot_end_of_child(self)});
    return true;
  }
  void on_control(Bytes message, std::vector<UniqueFd> fds) override {
    auto word = words.read(message);
    if (!word || !word->control) return;
    if (const auto* introduce = word->control->message_as_Introduce()) return meet(*introduce, std::move(fds.at(0)));
    const auto* open = word->control->message_as_Open();
    if (open && open->end() == port) epoch = open->epoch();
  }
  void meet(const wire::Introduce& introduce, UniqueFd socket) {
    const transport::LinkOptions options{.message_bytes = max_payload_bytes};
    direct = introduce.offers() ? *Link::offer(loop, std::move(socket), options)
                                : *Link::accept(loop, std::move(socket), options);
    direct->start(other);
  }
  void say(const core::Up& word) { (void)link->send_control(Written(word).bytes()); }
  void record(wire::RecordKind kind, EndId end, Epoch when, Bytes payload = {}, std::size_t ports = 0) {
    const Bytes parts[] = {payload};
    (void)direct->send(header_of(kind, end, when, ports), parts);
  }
  void data(EndId end, Epoch when, std::vector<Carried> carried = {}) {
    const auto table = written_ports(carried);
    record(wire::RecordKind::data, end, when, std::as_bytes(std::span(table)), carried.size());
  }

  Loop& loop;
  NodeId self;
  ControlIn words;
  std::unique_ptr<Link> link, direct;
  Sink other;
  EndId port = 0;
  Epoch epoch = 0;
};

struct Trick {
  const char* name;
  const char* said;
  void (*tell)(Liar&);
};

constexpr EndId nobodys = make_end(9, 9, 0);

const Trick tricks[] = {
    {"lost", "does not fit", [](Liar& l) { l.record(wire::RecordKind::lost, l.port, l.epoch); }},
    {"unknown", "no known kind", [](Liar& l) { l.record(static_cast<wire::RecordKind>(77), l.port, l.epoch); }},
    {"short", "shorter than the ports", [](Liar& l) { l.record(wire::RecordKind::data, l.port, l.epoch, {}, 3); }},
    {"control", "control message",
     [](Liar& l) { (void)l.direct->send_control(Written(core::Up(core::Create{nobodys})).bytes()); }},
    {"a port of nobody's", "not its to give", [](Liar& l) { l.data(l.port, l.epoch, {{nobodys, 1}}); }},
    {"main's port", "not its to give", [](Liar& l) { l.data(l.port, l.epoch, {{boot_end_of_parent(l.self), 1}}); }},
    {"the same port", "not its to give", [](Liar& l) { l.data(l.port, l.epoch, {{l.port, 1}}); }},
    {"on the other's boot channel", "does not fit", [](Liar& l) { l.data(boot_end_of_parent(l.self - 1), 1); }},
};

}  // namespace

MULLION_TEST_PROGRAM(lies_to_another_child) {
  auto loop = *Loop::create();
  const auto inherited = ChildNode::inherited(argc, argv);
  if (!inherited) return 2;
  Liar liar(*loop, inherited->id);
  if (!run_until(*loop, [&] { return liar.epoch != 0 && liar.direct; })) return 3;
  for (const Trick& trick : tricks)
    if (std::string(argv[argc - 1]) == trick.name) trick.tell(liar);
  if (!run_until(*loop, [&] { return liar.other.closed; })) return 4;
  run_until(*loop, [&] { return liar.closed; });
  return 0;
}

MULLION_SCRIPT(sees_a_port_close_and_echoes) {
  const EndId port = self.receive_port(self.boot());
  self.node().start(port);
  EXPECT(self.wait_until([&] {
    while (auto received = self.node().take(port))
      for (EndId given : received->ports) EXPECT(self.closed(given) != CloseReason::peer_exited);
    return self.node().closed(port).has_value();
  }));
  self.post(self.boot(), to_string(*self.node().closed(port)));
  EXPECT(self.receive_text(self.boot()) == "still there?");
  self.post(self.boot(), "yes");
}

TEST_CASE("quarrel: a child that lies to another loses their link, both are named, and neither is ended") {
  std::string logged;
  set_log_sink([&](Level, std::string_view text) { logged = text; });
  over_each_process_medium([](Main& main) {
    std::optional<Quarrel> quarrel;
    main.broker().on_quarrel([&](const Quarrel& told) { quarrel = told; });
    for (const Trick& trick : tricks) {
      const std::string name = trick.name;
      CAPTURE(name);
      quarrel.reset();
      auto& honest = main.start("sees_a_port_close_and_echoes");
      std::optional<ExitStatus> exited;
      const ChildOptions options{.role = "test",
                                 .name = "liar",
                                 .arguments = {program("lies_to_another_child"), name},
                                 .link = main.link_options()};
      auto liar = main.broker().spawn(options, {.exited = [&](ExitStatus status) { exited = status; }});
      EXPECT(liar);
      auto [one, other] = main.channel();
      main.post(honest.boot, "a port", {one});
      main.post(main.broker().boot_end(*liar), "a port", {other});
      EXPECT(main.receive_text(honest.boot) == "protocol");
      EXPECT(main.wait_until([&] { return quarrel.has_value(); }));
      EXPECT(quarrel->from == honest.id);
      EXPECT(quarrel->other == *liar);
      EXPECT(quarrel->name == "sees_a_port_close_and_echoes");
      EXPECT(quarrel->other_name == "liar");
      EXPECT(quarrel->why.find(trick.said) != std::string::npos);
      main.post(honest.boot, "still there?");
      EXPECT(main.receive_text(honest.boot) == "yes");
      EXPECT(!exited);
      main.broker().disconnect(*liar);
      EXPECT(main.wait_until([&] { return exited.has_value(); }));
      EXPECT(exited->code == 0);
    }
  });
  set_log_sink(nullptr);
  CHECK(logged.find("liar") != std::string::npos);
}

MULLION_TEST_PROGRAM(lies_to_another_child_and_dies) {
  auto loop = *Loop::create();
  const auto inherited = ChildNode::inherited(argc, argv);
  if (!inherited) return 2;
  Liar liar(*loop, inherited->id);
  if (!run_until(*loop, [&] { return liar.epoch != 0 && liar.direct; })) return 3;
  const std::string name = std::to_string(getpid());
  const wire::Room room(1000, 9, 0);
  liar.record(wire::RecordKind::credit, liar.port, liar.epoch, std::as_bytes(std::span(&room, 1)));
  liar.record(wire::RecordKind::data, liar.port, liar.epoch, std::as_bytes(std::span(name)));
  if (!run_until(*loop, [&] { return liar.other.heard; })) return 4;
  liar.record(wire::RecordKind::lost, liar.port, liar.epoch);
  return run_until(*loop, [&] { return liar.direct->flushed(); }) ? 0 : 5;
}

MULLION_SCRIPT(looks_again_when_the_other_is_dead) {
  const EndId port = self.receive_port(self.boot());
  const auto other = static_cast<pid_t>(std::stoi(self.receive_text(port)));
  self.post(port, "heard");
  run_turns(self.loop());
  for (int looks = 0; looks < 20'000 && ::kill(other, 0) == 0; ++looks) poll(nullptr, 0, 1);
  self.closed(port);
  EXPECT(self.receive_text(self.boot()) == "still there?");
  self.post(self.boot(), "yes");
}

TEST_CASE("quarrel: a child that lied and died is named too") {
  set_log_sink([](Level, std::string_view) {});
  over_each_process_medium([](Main& main) {
    std::optional<Quarrel> quarrel;
    main.broker().on_quarrel([&](const Quarrel& told) { quarrel = told; });
    auto& honest = main.start("looks_again_when_the_other_is_dead");
    const ChildOptions options{.role = "test",
                               .name = "liar",
                               .arguments = {program("lies_to_another_child_and_dies")},
                               .link = main.link_options()};
    std::optional<ExitStatus> exited;
    auto liar = main.broker().spawn(options, {.exited = [&](ExitStatus status) { exited = status; }});
    EXPECT(liar);
    auto [one, other] = main.channel();
    main.post(honest.boot, "a port", {one});
    main.post(main.broker().boot_end(*liar), "a port", {other});
    EXPECT(main.wait_until([&] { return exited && quarrel; }));
    EXPECT(exited->code == 0);
    EXPECT(quarrel->from == honest.id);
    EXPECT(quarrel->other == *liar);
    EXPECT(quarrel->other_name == "liar");
    main.post(honest.boot, "still there?");
    EXPECT(main.receive_text(honest.boot) == "yes");
  });
  set_log_sink(nullptr);
}
