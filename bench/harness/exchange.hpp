// What the rows about CEF have a page and main do: the same in a Mullion program and in a bare CEF program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mullion::bench {

struct Exchange {
  std::string_view name;    // the page's function
  std::uint64_t batch = 1;  // requests under way at once
  bool series = false;      // the page says "begin" before each of its series, and checks them outside
};

inline constexpr Exchange promise_exchange{"promise"};
inline constexpr Exchange sync_exchange{"sync"};
inline constexpr Exchange rate_exchange{"rate", 256};
inline constexpr Exchange large_exchange{"large", 1, true};
inline constexpr std::string_view opening = "open";         // windows one after another
inline constexpr std::string_view first_opening = "first";  // the first window of a process, and its renderer's memory

inline constexpr std::string_view page_url = "app://bench/page.html";
inline constexpr int page_width = 800, page_height = 600;
inline constexpr int openings = 8;      // of a round, after the first
inline constexpr int rest_ms = 100;     // before a window closes and before the next one opens
inline constexpr int settle_ms = 1000;  // from a page's first script until its renderer's memory is read

// `means` is a script that makes `bench`: ask(body) gives a promise of the same body, askSync(body) the body, say(word)
// and failed(why) tell main; and load(turn), same(one, other): 1 MiB, different in each turn, and whether they are
// equal. Every byte that is sent was written in that turn, and every byte that comes back is compared.
inline std::string page_for(std::string_view means, std::string_view turn) {
  constexpr std::string_view source = R"html(
const text = turn => String(turn).padStart(64, 'abcdefghijklmnopqrstuvwxyz')
const check = same => { if (!same) throw new Error('What arrived at the page is not what was sent.') }
const turns = {
  async promise() {
    for (let turn = 1;; ++turn) {
      const sent = text(turn)
      check(await bench.ask(sent) === sent)
    }
  },
  async sync() {
    for (let turn = 1;; ++turn) {
      const sent = text(turn)
      check(bench.askSync(sent) === sent)
    }
  },
  async rate() {
    for (let turn = 1;; turn += 256) {
      const sent = Array.from({length: 256}, (_, place) => text(turn + place))
      const back = await Promise.all(sent.map(each => bench.ask(each)))
      check(back.every((each, place) => each === sent[place]))
    }
  },
  async large() {
    for (let turn = 1;; turn += 8) {
      const sent = Array.from({length: 8}, (_, place) => bench.load(turn + place)), back = []
      bench.say('begin')
      for (const each of sent) back.push(await bench.ask(each))
      check(back.every((each, place) => bench.same(each, sent[place])))
    }
  },
}
const play = turn => turn().catch(error => bench.failed(String(error)))
)html";
  std::string page = "<!doctype html><title>bench</title><script>\n";
  page.append(means).append(source);
  if (turn == opening || turn == first_opening)
    page += "bench.say('first')\n";
  else
    page.append("onload = () => setTimeout(() => play(turns.").append(turn).append("), 100)\n");
  return page + "</script>\n";
}

}  // namespace mullion::bench
