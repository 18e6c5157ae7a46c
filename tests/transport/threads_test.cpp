// Two loops in two threads: the same bodies that run on one loop.
#include <thread>

#include "fixture.hpp"
#include "mullion/transport/link.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

// A thread with a loop and the second end of a link on it.
class Partner {
 public:
  Partner(LinkOptions options, Loop& first, std::unique_ptr<Link>& link) {
    loop_ = make_loop();
    auto [a, b] = make_links(first, *loop_, options);
    link = std::move(a);
    link_ = std::move(b);
  }
  ~Partner() {
    if (thread_.joinable()) thread_.join();
  }

  // Runs until the link has ended.
  void run(std::function<void(Link&, Recorder&)> prepare) {
    thread_ = std::thread([this, prepare = std::move(prepare)] {
      Recorder handler;
      prepare(*link_, handler);
      link_->start(handler);
      CHECK(run_until(*loop_, [&] { return !handler.closed.empty(); }));
      link_.reset();
      loop_.reset();
    });
  }
  void join() { thread_.join(); }

 private:
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Link> link_;
  std::thread thread_;
};

}  // namespace

TEST_CASE_TEMPLATE("threads: ping and pong", M, EVERY_MEDIUM) {
  const Baseline baseline;
  auto loop = make_loop();
  std::unique_ptr<Link> link;
  Partner partner(Pair::options<M>(), *loop, link);
  partner.run([](Link& end, Recorder& handler) {
    handler.record = [&](const RecordHeader& header, Bytes payload) {
      return end.send(header, std::span(&payload, 1)).has_value();
    };
  });
  Recorder handler;
  std::uint64_t rounds = 0;
  handler.record = [&](const RecordHeader& header, Bytes) {
    CHECK(header.port == rounds);
    if (++rounds < 3000) CHECK(send(*link, {.port = rounds}, pattern(rounds % 300, 1)));
    return true;
  };
  link->start(handler);
  CHECK(send(*link, {.port = 0}, {}));
  CHECK(run_until(*loop, [&] { return rounds == 3000; }));
  link->close();
  partner.join();
}

TEST_CASE_TEMPLATE("threads: a stream through a small ring, with pauses, echoed", M, EVERY_MEDIUM) {
  const Baseline baseline;
  auto loop = make_loop();
  std::unique_ptr<Link> link;
  LinkOptions options = Pair::options<M>();
  options.ring_bytes = 64 * 1024;
  options.queue_bytes = 256 * 1024;
  Partner partner(options, *loop, link);
  partner.run([](Link& end, Recorder& handler) {
    handler.record = [&end, count = 0](const RecordHeader& header, Bytes payload) mutable {
      if (++count % 100 == 0) end.resume();
      return count % 100 != 0 && end.send(header, std::span(&payload, 1)).has_value();
    };
    handler.turn_end = [&end] { end.resume(); };
    handler.room = [&end] { end.resume(); };  // a batch whose first record was refused has no end
  });
  Recorder handler;
  std::uint64_t received = 0;
  handler.record = [&](const RecordHeader& header, Bytes payload) {
    CHECK(header.port == received);
    const auto expected = pattern(received * 61 % 5000, static_cast<unsigned>(received));
    CHECK(std::equal(payload.begin(), payload.end(), expected.begin(), expected.end()));
    ++received;
    handler.records.clear();
    return true;
  };
  link->start(handler);
  std::uint64_t sent = 0;
  CHECK(run_until(*loop, [&] {
    while (sent < 5000 && sent < received + 500 &&
           send(*link, {.port = sent}, pattern(sent * 61 % 5000, static_cast<unsigned>(sent)))) {
      ++sent;
    }
    return received == 5000;
  }));
  link->close();
  partner.join();
}

TEST_CASE_TEMPLATE("threads: closing while the other side sends", M, EVERY_MEDIUM) {
  const Baseline baseline;
  for (std::size_t stop = 1; stop < 40; ++stop) {
    auto loop = make_loop();
    std::unique_ptr<Link> link;
    Partner partner(Pair::options<M>(), *loop, link);
    partner.run([](Link& end, Recorder& handler) {
      handler.record = [&](const RecordHeader&, Bytes payload) {
        for (int i = 0; i < 3; ++i) (void)end.send({}, std::span(&payload, 1));
        (void)end.send_control(payload);
        return true;
      };
    });
    Recorder handler;
    handler.record = [&](const RecordHeader&, Bytes) { return send(*link, 1, "x").has_value(); };
    link->start(handler);
    CHECK(send(*link, 1, "x"));
    CHECK(run_until(*loop, [&] { return handler.records.size() >= stop; }));
    link.reset();
    partner.join();
  }
}
