#include <doctest/doctest.h>

#include <cstring>

#include "node/node_link.hpp"
#include "node/wire.hpp"

using namespace mullion;
using namespace mullion::node;

namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

core::Mail some_mail() {
  return {{.body = bytes_of("first"), .ports = {}},
          {.body = {}, .ports = {{.end = 7, .token = 70}, {.end = 8, .token = 80}}}};
}

bool same(const core::Mail& a, const core::Mail& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].body != b[i].body || a[i].ports != b[i].ports) return false;
  return true;
}

template <class Word>
Word up(Word word) {
  const Written written(core::Up(std::move(word)));
  Reader reader;
  auto control = reader.read(written.bytes());
  REQUIRE(control);
  auto read = read_up(**control, written.bytes().size());
  REQUIRE(read);
  return std::get<Word>(*read);
}

template <class Word>
Word down(Word word) {
  const Written written(core::Down(std::move(word)));
  Reader reader;
  auto control = reader.read(written.bytes());
  REQUIRE(control);
  auto read = read_down(**control, written.bytes().size());
  REQUIRE(read);
  return std::get<Word>(*read);
}

}  // namespace

TEST_CASE("wire: every word of a child comes out as it went in") {
  CHECK(up(core::Create{.end = 6}).end == 6);
  const auto release = up(core::Release{.end = 6, .epoch = 3, .token = 11, .carrier = 9, .in = some_mail(), .out = {}});
  CHECK(release.end == 6);
  CHECK(release.epoch == 3);
  CHECK(release.token == 11);
  CHECK(release.carrier == 9);
  CHECK(same(release.in, some_mail()));
  CHECK(release.out.empty());
  const auto claim = up(core::Claim{.end = 6, .token = 11, .carrier = 9});
  CHECK(claim.end == 6);
  CHECK(claim.token == 11);
  CHECK(claim.carrier == 9);
  const auto in = up(core::MailIn{.end = 6, .epoch = 2, .in = some_mail()});
  CHECK(in.epoch == 2);
  CHECK(same(in.in, some_mail()));
  const auto out = up(core::MailOut{.end = 6, .epoch = 2, .out = some_mail()});
  CHECK(out.epoch == 2);
  CHECK(same(out.out, some_mail()));
  const auto drained = up(core::Drained{.end = 6, .epoch = 4, .lossy = true});
  CHECK(drained.epoch == 4);
  CHECK(drained.lossy);
  const auto close = up(core::Close{.end = 6, .epoch = 4, .reason = CloseReason::refused, .out = some_mail()});
  CHECK(close.reason == CloseReason::refused);
  CHECK(same(close.out, some_mail()));
}

TEST_CASE("wire: every word of the broker comes out as it went in") {
  const auto open = down(core::Open{.end = 6, .epoch = 3, .link = 1, .in = some_mail(), .out = some_mail()});
  CHECK(open.end == 6);
  CHECK(open.epoch == 3);
  CHECK(open.link == 1);
  CHECK(same(open.in, some_mail()));
  CHECK(same(open.out, some_mail()));
  core::OpenLocal both{.end = 6, .epoch = 3};
  both.in[1] = both.out[0] = some_mail();
  const auto local = down(both);
  CHECK(local.epoch == 3);
  CHECK(same(local.in[1], some_mail()));
  CHECK(same(local.out[0], some_mail()));
  CHECK(local.in[0].empty());
  const auto final = down(core::CloseFinal{.end = 6, .epoch = 3, .reason = CloseReason::protocol, .in = some_mail()});
  CHECK(final.reason == CloseReason::protocol);
  CHECK(same(final.in, some_mail()));
  CHECK(down(core::ReleaseAck{.end = 6}).end == 6);
}

TEST_CASE("wire: a word of the other side is refused") {
  Reader reader;
  const Written open(core::Down(core::Open{.end = 6}));
  CHECK_FALSE(read_up(**reader.read(open.bytes()), open.bytes().size()));
  const Written create(core::Up(core::Create{.end = 6}));
  CHECK_FALSE(read_down(**reader.read(create.bytes()), create.bytes().size()));
}

TEST_CASE("wire: every truncation and every single wrong byte is refused or read as some word") {
  const Written written(
      core::Up(core::Release{.end = 6, .epoch = 3, .carrier = 9, .in = some_mail(), .out = some_mail()}));
  const auto right = std::vector<std::byte>(written.bytes().begin(), written.bytes().end());
  Reader reader;
  std::size_t refused = 0;
  for (std::size_t size = 0; size < right.size(); ++size)
    if (!reader.read(Bytes(right).first(size))) ++refused;
  CHECK(refused > right.size() / 2);
  for (std::size_t at = 0; at < right.size(); ++at) {
    for (const auto flip : {std::byte{0xff}, std::byte{0x01}, std::byte{0x80}}) {
      auto wrong = right;
      wrong[at] ^= flip;
      auto control = reader.read(wrong);
      if (control) (void)read_up(**control, wrong.size());
    }
  }
}

TEST_CASE("wire: a message that lies askew in memory is read from a copy") {
  const Written written(core::Up(core::Create{.end = 77}));
  std::vector<std::byte> askew(written.bytes().size() + 1);
  std::memcpy(askew.data() + 1, written.bytes().data(), written.bytes().size());
  Reader reader;
  auto control = reader.read(Bytes(askew).subspan(1));
  REQUIRE(control);
  CHECK(std::get<core::Create>(*read_up(**control, askew.size())).end == 77);
}

TEST_CASE("wire: mail whose parcels share their bytes is refused, for it would grow when copied") {
  flatbuffers::FlatBufferBuilder builder;
  const std::vector<std::uint8_t> body(100'000);
  const auto parcel = wire::CreateParcel(builder, builder.CreateVector(body), 0);
  const std::vector<flatbuffers::Offset<wire::Parcel>> many(1000, parcel);
  const auto word = wire::CreateMailIn(builder, 6, 1, builder.CreateVector(many));
  wire::FinishControlBuffer(builder, wire::CreateControl(builder, wire::Message::MailIn, word.Union()));
  Reader reader;
  const auto message = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  auto control = reader.read(message);
  REQUIRE(control);
  auto read = read_up(**control, message.size());
  REQUIRE_FALSE(read);
  CHECK(read.error() == "messages in the mail overlap");
}

TEST_CASE("wire: pieces become one message again, and nothing may stand between them") {
  const Written whole(core::Up(core::MailIn{.end = 6, .epoch = 1, .in = {{.body = bytes_of(std::string(5000, 'x'))}}}));
  ControlIn in;
  Bytes rest = whole.bytes();
  while (rest.size() > 1000) {
    auto none = in.read(Written(rest.first(1000), false).bytes());
    REQUIRE(none);
    CHECK_FALSE(none->control);
    rest = rest.subspan(1000);
  }
  auto last = in.read(Written(rest, true).bytes());
  REQUIRE(last);
  REQUIRE(last->control);
  CHECK(std::get<core::MailIn>(*read_up(*last->control, last->bytes)).in[0].body.size() == 5000);
  REQUIRE(in.read(Written(whole.bytes().first(10), false).bytes()));
  CHECK_FALSE(in.read(whole.bytes()));
}

TEST_CASE("wire: pieces that are empty, or made of pieces, are refused") {
  ControlIn in;
  CHECK_FALSE(in.read(Written(Bytes(), false).bytes()));
  const Written piece(bytes_of("x"), true);
  CHECK_FALSE(in.read(Written(piece.bytes(), true).bytes()));
}

TEST_CASE("wire: a data record is its ports, then its bytes") {
  const core::Carried ports[] = {{.end = 7, .token = 70}, {.end = 8, .token = 80}};
  const auto table = written_ports(ports);
  const auto table_bytes = std::as_bytes(std::span(table));
  std::vector<std::byte> payload(table_bytes.begin(), table_bytes.end());
  for (std::byte byte : bytes_of("body")) payload.push_back(byte);
  auto record = read_record(header_of(wire::RecordKind::data, 6, 2, 2), payload);
  REQUIRE(record);
  CHECK(record->view.end == 6);
  CHECK(record->view.epoch == 2);
  CHECK(record->view.bytes == 4);
  REQUIRE(record->view.ports.size() == 2);
  CHECK(record->view.ports[1] == ports[1]);
  CHECK(std::memcmp(record->body.data(), "body", 4) == 0);
}

TEST_CASE("wire: records of a wrong form are refused") {
  const auto refused = [](std::uint16_t kind, std::uint16_t flags, std::size_t size) {
    const std::vector<std::byte> payload(size);
    return !read_record({.port = 6, .epoch = 1, .kind = kind, .flags = flags}, payload);
  };
  CHECK(refused(0, 0, 0));
  CHECK(refused(99, 0, 0));
  CHECK(refused(1, 1, 15));      // shorter than its ports
  CHECK(refused(1, 65535, 16));  // more ports than a message carries
  CHECK(refused(2, 1, 0));       // fin with flags
  CHECK(refused(2, 0, 1));       // fin with a payload
  CHECK(refused(3, 0, 15));      // credit that is no Room
  CHECK(refused(3, 0, 17));
  CHECK(refused(5, 0, 1));
  CHECK_FALSE(refused(1, 0, 0));
  CHECK_FALSE(refused(3, 0, 16));
}
