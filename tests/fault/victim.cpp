// The victim's side of the exchange, written as if nothing could happen to it.
#include <unistd.h>

#include "census.hpp"
#include "harness/scripts.hpp"
#include "shortage.hpp"
#include "talk.hpp"
#include "tracer.hpp"

namespace mullion::fault {
namespace {

constexpr int left_alone = 3;

class Victim {
 public:
  explicit Victim(harness::Child& self) : self_(self), boot_(self.boot()), talk_(self.node()) {}

  void run() {
    answer(boot_);
    const EndId lent = take_port();
    for (int i = 0; i < 5; ++i) answer(lent);
    talk_to_bystander(take_port());
    const EndId own = give_own();
    talk_to_either(own);
    EXPECT(talk_.say(boot_, Verb::serve, 0, {lent}));
    await(boot_, Verb::bye);
    self_.node().close(own);
  }

 private:
  // Two messages are under way in the channel whose end moves.
  EndId give_own() {
    const auto [kept, sent] = self_.channel();
    for (int i = 0; i < 2; ++i) EXPECT(talk_.say(kept, Verb::echo, 1000));
    EXPECT(talk_.say(boot_, Verb::serve, 0, {sent}));
    return kept;
  }
  void talk_to_bystander(EndId end) {
    const std::size_t fillings[] = {100, 100, 100, 200 * 1024};
    for (const std::size_t filling : fillings) EXPECT(talk_.say(end, Verb::echo, filling));
    for (int i = 0; i < 4; ++i) await(end, Verb::echoed);
    EXPECT(talk_.say(boot_, Verb::done));
  }
  // Who holds the other end by now answers two and asks once: the one before the other, or the other way round.
  void talk_to_either(EndId end) {
    for (int i = 0; i < 3; ++i) {
      const Note note = hear(end);
      if (note.verb == Verb::echo) EXPECT(talk_.say(end, Verb::echoed, note.filling));
    }
  }
  EndId take_port() {
    Note note = await(boot_, Verb::serve);
    EXPECT(note.ports.size() == 1);
    return note.ports[0];
  }
  void answer(EndId end) { EXPECT(talk_.say(end, Verb::echoed, await(end, Verb::echo).filling)); }
  Note await(EndId end, Verb verb) {
    Note note = hear(end);
    EXPECT(note.verb == verb);
    return note;
  }
  Note hear(EndId end) {
    std::optional<Note> note;
    self_.node().start(end);
    EXPECT(self_.wait_until([&] { return (note = talk_.hear(end)) || self_.node().closed(end); }));
    if (!note) _exit(left_alone + (fail_no_more() ? it_failed : 0));
    EXPECT(talk_.damaged() == 0);
    return std::move(*note);
  }

  harness::Child& self_;
  EndId boot_;
  Talk talk_;
};

}  // namespace

MULLION_SCRIPT(victim) { Victim(self).run(); }

// Waits for who traces it before it does anything.
MULLION_TEST_PROGRAM(traced_victim) {
  await_tracer();
  _exit(harness::run_script(harness::script_named("victim"), argc, argv));  // no sanitizer looks where a tracer does
}

}  // namespace mullion::fault
