#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/scripts.hpp"
#include "mullion/base/log.hpp"
#include "node/node_link.hpp"

using namespace mullion;
using namespace mullion::harness;
using namespace mullion::node;
using transport::Link;
using transport::Medium;

// A child that speaks on its link by hand. The broker calls it `self`; another child is called `other`.
namespace {

struct Liar {
  Link& link;
  NodeId self;
  NodeId other;

  void control(Bytes bytes, std::span<UniqueFd> fds = {}) { (void)link.send_control(bytes, fds); }
  void say(const core::Up& word) { control(Written(word).bytes()); }
  void record(wire::RecordKind kind, EndId end, Epoch epoch, std::size_t size = 0, std::size_t ports = 0) {
    const std::vector<std::byte> payload(size);
    const Bytes parts[] = {payload};
    (void)link.send(header_of(kind, end, epoch, ports), parts);
  }
  EndId boot() const { return boot_end_of_child(self); }
  EndId others_boot() const { return boot_end_of_child(other); }
};

struct Trick {
  const char* name;
  const char* said;  // a part of what main says of it
  void (*tell)(Liar&);
};

void send_descriptor(Liar& liar) {
  UniqueFd fds[] = {UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC))};
  liar.control(Written(core::Up(core::Create{.end = make_end(liar.self, 1, 0)})).bytes(), fds);
}

void flood(Liar& liar) {
  for (int i = 0; i < 100; ++i) liar.record(wire::RecordKind::data, liar.boot(), 1, 128 * 1024);
}

void ask_too_much(Liar& liar) {
  const wire::Room room(std::uint64_t{1} << 40, 1u << 30, 0);
  const Bytes parts[] = {std::as_bytes(std::span(&room, 1))};
  (void)liar.link.send(header_of(wire::RecordKind::credit, liar.boot(), 1), parts);
}

void go_on_after_fin(Liar& liar) {
  liar.record(wire::RecordKind::fin, liar.boot(), 1);
  liar.record(wire::RecordKind::data, liar.boot(), 1, 10);
}

// A message with one buffer, as the liar describes it.
void send_buffer(Liar& liar, wire::CarriedMemory word, std::span<UniqueFd> fds) {
  const Bytes parts[] = {std::as_bytes(std::span(&word, 1))};
  (void)liar.link.send(header_of(wire::RecordKind::data, liar.boot(), 1, 0, 1), parts, fds);
}

void send_unsealed(Liar& liar) {
  UniqueFd fds[] = {UniqueFd(memfd_create("liar", MFD_CLOEXEC | MFD_ALLOW_SEALING))};
  (void)ftruncate(fds[0].get(), 4096);
  send_buffer(liar, {0, 4096, wire::MemoryKind::fresh, false, 0, 0}, fds);
}

void send_no_memory(Liar& liar) {
  UniqueFd fds[] = {UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC))};
  send_buffer(liar, {0, 4096, wire::MemoryKind::fresh, false, 0, 0}, fds);
}

void send_unannounced(Liar& liar) {
  UniqueFd fds[] = {UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC))};
  (void)liar.link.send(header_of(wire::RecordKind::data, liar.boot(), 1), {}, fds);
}

void name_a_buffer(Liar& liar) { send_buffer(liar, {7, 4096, wire::MemoryKind::known, false, 0, 0}, {}); }
void number_for_main(Liar& liar) { send_buffer(liar, {2, 4096, wire::MemoryKind::kept, false, 0, 0}, {}); }

void mail_with_a_descriptor(Liar& liar) {
  UniqueFd fds[] = {UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC))};
  liar.control(Written(core::Up(core::MailIn{.end = liar.boot(), .epoch = 1, .in = {{}}})).bytes(), fds);
}

using wire::RecordKind;
const Trick tricks[] = {
    {"unsealed_buffer", "lacks seals", send_unsealed},
    {"buffer_that_is_none", "not a memory file", send_no_memory},
    {"buffer_unannounced", "other descriptors", send_unannounced},
    {"buffer_never_sent", "never sent here", name_a_buffer},
    {"buffer_without_descriptor", "other descriptors", number_for_main},
    {"mail_with_descriptor", "unexpected descriptors", mail_with_a_descriptor},
    {"short_memory_word", "not a MemoryWord", [](Liar& l) { l.record(RecordKind::forget, 0, 0, 3); }},
    {"too_many_buffers", "more buffers than it can",
     [](Liar& l) { (void)l.link.send({.port = l.boot(), .epoch = 1, .kind = 1, .flags = 17 << 11}, {}); }},
    {"garbage", "verifiable", [](Liar& l) { l.control(std::as_bytes(std::span("not a FlatBuffer at all"))); }},
    {"empty", "verifiable", [](Liar& l) { l.control({}); }},
    {"brokers_word", "does not send", [](Liar& l) { l.control(Written(core::Down(core::Open{.end = 2})).bytes()); }},
    {"empty_piece", "piece", [](Liar& l) { l.control(Written(Bytes(), false).bytes()); }},
    {"descriptor", "descriptor", send_descriptor},
    {"unknown_record", "no known kind", [](Liar& l) { l.record(static_cast<RecordKind>(77), l.boot(), 1); }},
    {"short_ports", "shorter than the ports", [](Liar& l) { l.record(RecordKind::data, l.boot(), 1, 4, 3); }},
    {"lost", "only the broker", [](Liar& l) { l.record(RecordKind::lost, l.boot(), 1); }},
    {"anothers_end", "does not hold", [](Liar& l) { l.record(RecordKind::data, l.others_boot(), 1, 10); }},
    {"mains_end", "does not hold", [](Liar& l) { l.record(RecordKind::data, boot_end_of_parent(l.self), 1, 10); }},
    {"wrong_epoch", "epoch", [](Liar& l) { l.record(RecordKind::data, l.boot(), 9, 10); }},
    {"end_that_never_was", "never made", [](Liar& l) { l.record(RecordKind::data, make_end(l.self, 55, 0), 1, 10); }},
    {"more_than_asked", "more than was asked", flood},
    {"asks_too_much", "more than it may", ask_too_much},
    {"after_fin", "after fin", go_on_after_fin},
    {"releases_anothers", "",
     [](Liar& l) { l.say(core::Release{.end = l.others_boot(), .epoch = 1, .token = 5, .carrier = l.boot()}); }},
    {"claims_what_is_not_sent", "",
     [](Liar& l) { l.say(core::Claim{.end = l.others_boot(), .token = 5, .carrier = l.boot()}); }},
    {"creates_for_another", "", [](Liar& l) { l.say(core::Create{.end = make_end(l.other, 1, 0)}); }},
    {"closes_anothers", "", [](Liar& l) { l.say(core::Close{.end = l.others_boot(), .epoch = 1}); }},
    {"drains_anothers", "", [](Liar& l) { l.say(core::Drained{.end = l.others_boot(), .epoch = 1}); }},
    {"mail_for_anothers", "", [](Liar& l) { l.say(core::MailIn{.end = l.others_boot(), .epoch = 1, .in = {{}}}); }},
};

// Lets what main sends pass, and sees the link's end.
struct Deaf final : transport::LinkHandler {
  bool closed = false;
  bool on_record(const transport::RecordHeader&, Bytes) override { return true; }
  void on_control(Bytes, std::vector<UniqueFd>) override {}
  void on_closed(const Error&) override { closed = true; }
};

std::uint32_t number_after(std::string_view name, int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]).starts_with(name)) return static_cast<std::uint32_t>(std::atoi(argv[i] + name.size()));
  return 0;
}

const Trick& trick_named(std::string_view name) {
  for (const Trick& trick : tricks)
    if (name == trick.name) return trick;
  fail(__FILE__, __LINE__, "no such trick");
}

// Expects that the broker cut the liar off and said who and why.
void expect_cut_off(Main& main, const Trick& trick, const std::optional<Error>& failed) {
  EXPECT(main.wait_until([&] { return failed.has_value(); }));
  EXPECT(failed->code == "protocol");
  EXPECT(failed->message.find("liar") != std::string::npos);
  EXPECT(failed->message.find(trick.said) != std::string::npos);
}

// The reason of an end that may still hold what the liar had sent.
CloseReason closed_in_the_end(Main& main, EndId end) {
  main.node().start(end);
  EXPECT(main.wait_until([&] {
    while (main.node().take(end)) continue;
    return main.node().closed(end).has_value();
  }));
  return *main.node().closed(end);
}

// What main says of its own accord goes to the log; the tests want it elsewhere.
struct QuietLog {
  QuietLog() { set_log_sink([](Level, std::string_view) {}); }
  ~QuietLog() { set_log_sink(nullptr); }
};

void expect_answer(Main& main, Started& honest, const char* text) {
  main.post(honest.boot, text);
  EXPECT(main.receive_text(honest.boot) == text);
}

}  // namespace

MULLION_TEST_PROGRAM(tells_a_lie) {
  auto loop = *Loop::create();
  auto link = Link::accept(*loop, UniqueFd(3), {.message_bytes = max_payload_bytes});
  if (!link) return 2;
  Deaf deaf;
  (*link)->start(deaf);
  Liar liar{**link, number_after("--mullion-node=", argc, argv), number_after("--other=", argc, argv)};
  if (!run_until(*loop, [&] { return liar.link.medium() != Medium::automatic; })) return 3;
  trick_named(argv[argc - 1]).tell(liar);
  run_until(*loop, [&] { return deaf.closed; });
  return 0;
}

TEST_CASE("hostile: a child that lies loses its link, and nothing else happens") {
  const QuietLog quiet;
  over_each_process_medium([](Main& main) {
    auto& honest = main.start("echoes_until_closed");
    for (const Trick& trick : tricks) {
      const std::string name = trick.name;
      CAPTURE(name);
      std::optional<Error> failed;
      bool ended = false;
      const std::string other = "--other=" + std::to_string(honest.id);
      auto id = main.broker().spawn(
          {.name = "liar", .arguments = {program("tells_a_lie"), other, trick.name}, .link = main.link_options()},
          {.link_failed = [&](const Error& why) { failed = why; }, .exited = [&](ExitStatus) { ended = true; }});
      EXPECT(id);
      auto [held, given] = main.channel();
      const EndId boot = main.broker().boot_end(*id);
      main.post(boot, "never taken", {given});
      expect_cut_off(main, trick, failed);
      EXPECT(closed_in_the_end(main, boot) == CloseReason::protocol);
      EXPECT(main.closed(held) == CloseReason::protocol);
      expect_answer(main, honest, trick.name);
      EXPECT(main.wait_until([&] { return ended; }));
    }
    main.node().close(honest.boot);
  });
}

TEST_CASE("hostile: a liar in the same process loses its link, and nothing else happens") {
  const QuietLog quiet;
  auto main = Main::create(Medium::in_process);
  auto& honest = main->start("echoes_until_closed");
  for (const Trick& trick : tricks) {
    const std::string name = trick.name;
    CAPTURE(name);
    auto [ours, theirs] = Link::in_process(main->loop(), main->loop(), {.message_bytes = max_payload_bytes});
    auto id = main->broker().adopt(std::move(ours), "liar", {});
    REQUIRE(id);
    const EndId boot = main->broker().boot_end(*id);
    Deaf deaf;
    theirs->start(deaf);
    Liar liar{*theirs, *id, honest.id};
    trick.tell(liar);
    CHECK(main->wait_until([&] { return deaf.closed; }));
    CHECK(closed_in_the_end(*main, boot) == CloseReason::protocol);
    expect_answer(*main, honest, trick.name);
  }
  main->node().close(honest.boot);
  main->finish();
}

TEST_CASE("hostile: what only the layer above can see cuts the link as well") {
  const QuietLog quiet;
  over_each_process_medium([](Main& main) {
    auto& child = main.start("never_takes_its_mail");
    main.broker().report_violation(child.id, "it sent a message that makes no sense");
    EXPECT(main.wait_until([&] { return child.link_failed.has_value(); }));
    EXPECT(child.link_failed->code == "protocol");
    EXPECT(child.link_failed->message.find("makes no sense") != std::string::npos);
    EXPECT(main.closed(child.boot) == CloseReason::protocol);
  });
}

// ---- Links that are no use at all

MULLION_TEST_PROGRAM(closes_its_link_and_lives) {
  close(3);
  for (;;) pause();
}

TEST_CASE("hostile: a child that hangs up and lives on is reported, and left alone") {
  over_each_process_medium([](Main& main) {
    std::optional<Error> failed;
    std::optional<ExitStatus> exited;
    auto id = *main.broker().spawn({.name = "quiet", .arguments = {program("closes_its_link_and_lives")}},
                                   {.link_failed = [&](const Error& why) { failed = why; },
                                    .exited = [&](ExitStatus status) { exited = status; }});
    EXPECT(main.closed(main.broker().boot_end(id)) == CloseReason::peer_exited);
    EXPECT(main.wait_until([&] { return failed.has_value(); }));
    EXPECT(failed->code == "closed");
    EXPECT(!exited);
    EXPECT(main.broker().kill(id, SIGTERM));
    EXPECT(main.wait_until([&] { return exited.has_value(); }));
    EXPECT(exited->signal == SIGTERM);
  });
}

// Leaves its socket to a process of its own that outlives it.
MULLION_TEST_PROGRAM(leaves_its_socket_to_another) {
  fcntl(3, F_SETFD, 0);
  if (fork() > 0) return 7;
  alarm(3);
  for (;;) pause();
}

TEST_CASE("hostile: a child that leaves its socket to another process has ended all the same") {
  over_each_process_medium([](Main& main) {
    std::optional<ExitStatus> exited;
    auto id = *main.broker().spawn({.name = "heir", .arguments = {program("leaves_its_socket_to_another")}},
                                   {.exited = [&](ExitStatus status) { exited = status; }});
    EXPECT(main.closed(main.broker().boot_end(id)) == CloseReason::peer_exited);
    EXPECT(main.wait_until([&] { return exited.has_value(); }));
    EXPECT(exited->code == 7);
  });
}
