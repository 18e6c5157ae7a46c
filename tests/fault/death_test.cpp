#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exchange.hpp"
#include "node/node_link.hpp"
#include "node/spawn.hpp"
#include "transport/packet.hpp"

using namespace mullion;
using namespace mullion::fault;
using transport::Medium;

namespace {

// ---- children that die badly, each by hand over its link's socket

constexpr int its_socket = node::first_inherited;

struct Deaf final : transport::LinkHandler {
  bool on_record(const transport::RecordHeader&, Bytes) override { return false; }
  void on_control(Bytes, std::vector<UniqueFd>) override {}
  void on_closed(const Error&) override {}
};

// A link that agrees, and dies when `die` returns.
template <class F>
int with_link(F die) {
  auto loop = Loop::create();
  if (!loop) return 1;
  auto link = transport::Link::accept(**loop, UniqueFd(its_socket), {.message_bytes = node::max_payload_bytes});
  if (!link) return 2;
  Deaf deaf;
  (*link)->start(deaf);
  if (!harness::run_until(**loop, [&] { return (*link)->medium() != Medium::automatic; })) return 3;
  die(**loop, **link);
  _exit(0);
}

// The first of two pieces of a word.
MULLION_TEST_PROGRAM(dies_between_pieces) {
  return with_link([](Loop& loop, transport::Link& link) {
    const std::vector<std::byte> bytes(900'000);
    const node::Written piece(bytes, false);
    (void)link.send_control(piece.bytes());
    harness::run_until(loop, [&] { return link.stats().controls_out > 0; });
    harness::run_turns(loop, 50);
  });
}

// The first packet of a message that was to have three, with one of two descriptors.
MULLION_TEST_PROGRAM(dies_between_packets) {
  return with_link([](Loop&, transport::Link&) {
    std::vector<UniqueFd> fds;
    fds.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const std::vector<std::byte> part(20'000);
    const transport::PacketHead head{.total = 60'000, .total_fds = 2, .kind = transport::PacketKind::control};
    transport::send_packet(its_socket, head, part, fds);
  });
}

// A long message of which the ring, or the pipe, has a part, or all where main took it away in time.
MULLION_TEST_PROGRAM(dies_inside_a_message) {
  auto inherited = node::ChildNode::inherited(argc, argv);
  if (!inherited) return 4;
  return with_link([&](Loop& loop, transport::Link& link) {
    const std::vector<std::byte> bytes(48u << 20);
    const Bytes parts[] = {bytes};
    const EndId boot = node::boot_end_of_child(inherited->id);
    (void)link.send(node::header_of(node::wire::RecordKind::data, boot, 1), parts);
    harness::run_turns(loop, 1);
  });
}

// Nothing is ever read, not even the offer.
MULLION_TEST_PROGRAM(reads_nothing) {
  while (true) pause();
}

// The link is there, and all that comes over it stays where it is.
MULLION_TEST_PROGRAM(leaves_all_unread) {
  return with_link([](Loop& loop, transport::Link&) { harness::run_until(loop, [] { return false; }); });
}

// ---- main

void serve_bystander(Stage& stage) {
  EXPECT(stage.talk().say(stage.bystander(), Verb::echo, 5000));
  EXPECT(stage.main().wait_until([&] { return stage.talk().hear(stage.bystander()).has_value(); }));
}

// Posts to a child that reads nothing: more than any queue below takes, and ends with it.
std::vector<EndId> load(Stage& stage, EndId boot) {
  std::vector<EndId> kept;
  for (int i = 0; i < 40; ++i) {
    const auto [ours, theirs] = stage.main().channel();
    if (!stage.talk().say(boot, Verb::serve, 200 * 1024, {theirs})) stage.main().node().close(theirs);
    (void)stage.talk().say(ours, Verb::echo, 1000);
    kept.push_back(ours);
  }
  return kept;
}

// Why an end closed, after what had come whole: a reader on another cpu may have had all of a long message by then.
node::CloseReason end_of(Stage& stage, EndId end) {
  auto& node = stage.main().node();
  node.start(end);
  EXPECT(stage.main().wait_until([&] {
    while (node.take(end)) continue;
    return node.closed(end).has_value();
  }));
  return *node.closed(end);
}

void let_it_die(Stage& stage, const char* program, bool by_itself) {
  auto life = start(stage.main(), program);
  EXPECT(life);
  auto ends = load(stage, life->boot);
  ends.push_back(life->boot);
  serve_bystander(stage);
  if (!by_itself) EXPECT(stage.main().broker().kill(life->id, SIGKILL));
  expect_exit(stage.main(), *life);
  EXPECT(!life->link_failed);
  for (const EndId end : ends) {
    const node::CloseReason why = end_of(stage, end);
    CHECK((why == node::CloseReason::peer_exited || end != life->boot));
    stage.main().node().close(end);
    stage.talk().forget(end);
  }
  serve_bystander(stage);
}

void die_often(const char* program, bool by_itself) {
  for (const Medium medium : {Medium::shm, Medium::pipe}) {
    CAPTURE(to_string(medium));
    Stage stage(medium);
    let_it_die(stage, program, by_itself);
    stage.note();
    for (int i = 0; i < 10; ++i) let_it_die(stage, program, by_itself);
    stage.expect_as_before();
    stage.expect_heap(64 * 1024);
  }
}

}  // namespace

TEST_CASE("death: between the pieces of a long control message") { die_often("dies_between_pieces", true); }
TEST_CASE("death: between the packets of a control message, one descriptor of two sent") {
  die_often("dies_between_packets", true);
}
TEST_CASE("death: inside a long message") { die_often("dies_inside_a_message", true); }
TEST_CASE("death: with all that came unread, ends among it") { die_often("leaves_all_unread", false); }
TEST_CASE("death: before it read anything") { die_often("reads_nothing", false); }
