// Control messages and records of the node layer as bytes: what can be read must be written and read again the same.
#include <algorithm>
#include <vector>

#include "feed.hpp"
#include "node/node_link.hpp"
#include "targets.hpp"

namespace {

using namespace mullion;
using namespace mullion::node;
using fuzz::Feed;

std::vector<std::byte> bytes_of(const Written& written) {
  const auto bytes = written.bytes();
  return {bytes.begin(), bytes.end()};
}

template <class Word, class Read>
void check_again(const Word& word, Read read) {
  const auto once = bytes_of(Written(word));
  Reader reader;
  auto control = reader.read(once);
  if (!control) __builtin_trap();
  auto again = read(**control, once.size());
  if (!again || bytes_of(Written(*again)) != once) __builtin_trap();
}

void read_control(ControlIn& in, Bytes message) {
  auto word = in.read(message);
  if (!word || !word->control) return;
  if (auto up = read_up(*word->control, word->bytes)) check_again(*up, read_up);
  if (auto down = read_down(*word->control, word->bytes)) check_again(*down, read_down);
}

void read_some_record(Feed& feed) {
  const transport::RecordHeader header{.port = feed.number<std::uint64_t>(),
                                       .epoch = feed.number<std::uint32_t>(),
                                       .kind = static_cast<std::uint16_t>(feed.byte() % 8),
                                       .flags = static_cast<std::uint16_t>(feed.byte() % 4 ? 0 : feed.byte())};
  const Bytes payload = feed.piece(feed.byte());
  auto record = read_record(header, payload);
  if (!record) return;
  if (record->body.size() > payload.size() || record->ports.size() > core::most_ports) __builtin_trap();
}

}  // namespace

void words_fuzz(FuzzBytes input) {
  Feed feed(input);
  ControlIn in;
  while (!feed.empty()) {
    switch (feed.below(4)) {
      case 0:
        read_some_record(feed);
        break;
      case 1:
        read_control(in, Written(feed.piece(feed.byte()), feed.byte() % 2 != 0).bytes());
        break;
      default:
        read_control(in, feed.piece(feed.number<std::uint16_t>() % 4096));
    }
  }
}
