#include "node/wire.hpp"

#include <cstring>

namespace mullion::node {
namespace {

using flatbuffers::Offset;
using Parcels = flatbuffers::Vector<Offset<wire::Parcel>>;

static_assert(static_cast<int>(CloseReason::refused) == static_cast<int>(wire::CloseReason::refused));

constexpr const char* unexpected_fds = "a control message with unexpected descriptors";
constexpr std::size_t longest_why = 512;  // of a child's word about another

// ---- writing

wire::CloseReason written(CloseReason reason) { return static_cast<wire::CloseReason>(reason); }

std::vector<wire::CarriedMemory> write_buffers(MailBuilder& to, std::span<const Attachment> attachments) {
  std::vector<wire::CarriedMemory> words;
  for (const Attachment& memory : attachments) {
    auto fd = memory ? memory->file().for_peer() : std::unexpected(Error{});
    if (!fd) {
      words.emplace_back(0, 0, wire::MemoryKind::missing, false, 0, 0);
      continue;
    }
    to.fds.push_back(std::move(*fd));
    const MemoryFile& file = memory->file();
    words.emplace_back(0, file.bytes(), wire::MemoryKind::fresh, file.sharing() == Sharing::shared, 0, 0);
  }
  return words;
}

Offset<wire::Parcel> write(MailBuilder& to, const core::Parcel& parcel) {
  const auto ports = written_ports(parcel.ports);
  const auto body = to.CreateVector(reinterpret_cast<const std::uint8_t*>(parcel.body.data()), parcel.body.size());
  const auto port_list = ports.empty() ? 0 : to.CreateVectorOfStructs(ports);
  const bool cut = parcel.cut || to.fds.size() + parcel.attachments.size() > most_mail_fds;
  if (cut || parcel.attachments.empty()) return wire::CreateParcel(to, body, port_list, 0, cut);
  const auto buffers = write_buffers(to, parcel.attachments);
  return wire::CreateParcel(to, body, port_list, to.CreateVectorOfStructs(buffers));
}

Offset<Parcels> write(MailBuilder& to, const core::Mail& mail) {
  if (mail.empty()) return 0;
  std::vector<Offset<wire::Parcel>> parcels;
  parcels.reserve(mail.size());
  for (const auto& parcel : mail) parcels.push_back(write(to, parcel));
  return to.CreateVector(parcels);
}

auto write(MailBuilder& to, const core::Create& word) { return wire::CreateCreate(to, word.end); }
auto write(MailBuilder& to, const core::Release& word) {
  const auto in = write(to, word.in), out = write(to, word.out);
  return wire::CreateRelease(to, word.end, word.epoch, word.token, word.carrier, in, out);
}
auto write(MailBuilder& to, const core::Claim& word) {
  return wire::CreateClaim(to, word.end, word.token, word.carrier);
}
auto write(MailBuilder& to, const core::MailIn& word) {
  return wire::CreateMailIn(to, word.end, word.epoch, write(to, word.in));
}
auto write(MailBuilder& to, const core::MailOut& word) {
  return wire::CreateMailOut(to, word.end, word.epoch, write(to, word.out));
}
auto write(MailBuilder& to, const core::Drained& word) {
  return wire::CreateDrained(to, word.end, word.epoch, word.lossy);
}
auto write(MailBuilder& to, const core::Close& word) {
  return wire::CreateClose(to, word.end, word.epoch, written(word.reason), write(to, word.out));
}
auto write(MailBuilder& to, const core::Open& word) {
  const auto in = write(to, word.in), out = write(to, word.out);
  return wire::CreateOpen(to, word.end, word.epoch, word.link, in, out);
}
auto write(MailBuilder& to, const core::OpenLocal& word) {
  Offset<wire::Side> sides[2];
  for (std::size_t side = 0; side < 2; ++side) {
    const auto in = write(to, word.in[side]), out = write(to, word.out[side]);
    sides[side] = wire::CreateSide(to, in, out);
  }
  return wire::CreateOpenLocal(to, word.end, word.epoch, sides[0], sides[1]);
}
auto write(MailBuilder& to, const core::CloseFinal& word) {
  return wire::CreateCloseFinal(to, word.end, word.epoch, written(word.reason), write(to, word.in));
}
auto write(MailBuilder& to, const core::ReleaseAck& word) { return wire::CreateReleaseAck(to, word.end); }
auto write(MailBuilder& to, const core::Check& word) {
  return wire::CreateCheck(to, word.end, word.serial, to.CreateVectorOfStructs(written_ports(word.ports)));
}
auto write(MailBuilder& to, const core::Checked& word) {
  return wire::CreateChecked(to, word.end, word.serial, to.CreateVector(word.bad));
}
auto write(MailBuilder& to, const core::LinkFailed& word) {
  return wire::CreateLinkFailed(to, word.link, word.lie, to.CreateString(word.why));
}
auto write(MailBuilder& to, const core::LinkOver& word) { return wire::CreateLinkOver(to, word.link); }

template <class T>
constexpr wire::Message kind_of(Offset<T>) {
  return wire::MessageTraits<T>::enum_value;
}

// ---- reading

// FlatBuffers does not check where the structs of a vector stand.
template <class T>
T struct_at(const flatbuffers::Vector<const T*>& structs, std::size_t index) {
  T copy;
  std::memcpy(static_cast<void*>(&copy), structs.Data() + index * sizeof copy, sizeof copy);
  return copy;
}

Carried port_at(const flatbuffers::Vector<const wire::CarriedPort*>& ports, std::size_t index) {
  const auto port = struct_at(ports, index);
  return {.end = port.end(), .token = port.token()};
}

// Copies mail out of a checked message. Parcels of a hostile message may share bytes; all copies together may not be
// larger than the message.
class MailReader {
 public:
  explicit MailReader(const Freight& freight) : left_(freight.bytes), fds_(freight.fds), ledger_(freight.ledger) {}

  core::Mail read(const Parcels* parcels) {
    core::Mail mail;
    if (!parcels) return mail;
    for (const wire::Parcel* parcel : *parcels) {
      if (!read(*parcel, mail.emplace_back())) break;
    }
    return mail;
  }
  // Of a message whose mail was read.
  std::string lie() const { return lie_.empty() && !fds_.empty() ? unexpected_fds : lie_; }

 private:
  bool read(const wire::Parcel& from, core::Parcel& to) {
    const std::size_t bytes = from.body() ? from.body()->size() : 0, ports = from.ports() ? from.ports()->size() : 0;
    if (ports > core::most_ports) lie_ = "a message in the mail carries more ports than one may";
    if (!take(bytes) || !take(ports * sizeof(wire::CarriedPort))) lie_ = "messages in the mail overlap";
    if (!lie_.empty()) return false;
    if (bytes > 0) to.body.resize(bytes), std::memcpy(to.body.data(), from.body()->data(), bytes);
    for (std::size_t i = 0; i < ports; ++i) to.ports.push_back(port_at(*from.ports(), i));
    to.cut = from.cut();
    return !from.buffers() || read_buffers(*from.buffers(), to);
  }
  bool read_buffers(const flatbuffers::Vector<const wire::CarriedMemory*>& from, core::Parcel& to) {
    if (from.size() > most_attachments) lie_ = "a message in the mail carries more buffers than one may";
    for (std::size_t i = 0; i < from.size() && lie_.empty(); ++i) {
      const auto word = struct_at(from, i);
      if (word.kind() == wire::MemoryKind::missing) {
        to.attachments.emplace_back();
      } else if (word.kind() != wire::MemoryKind::fresh || word.id() != 0 || fds_.empty()) {
        lie_ = "a message in the mail carries a buffer that did not come along";
      } else {
        open(word, to);
      }
    }
    return lie_.empty();
  }
  void open(const wire::CarriedMemory& word, core::Parcel& to) {
    UniqueFd fd = std::move(fds_.front());
    fds_ = fds_.subspan(1);
    to.cut = to.cut || (ledger_ && !ledger_->admits(1));
    if (to.cut) return to.attachments.clear();
    auto file = MemoryFile::open(std::move(fd), word.bytes(), word.shared() ? Sharing::shared : Sharing::sealed, ledger_);
    if (!file) return lie_ = file.error().message, void();
    to.attachments.push_back(std::make_shared<Memory>(std::move(*file)));
  }
  bool take(std::size_t bytes) { return bytes <= left_ ? (left_ -= bytes, true) : false; }

  std::size_t left_;
  std::span<UniqueFd> fds_;
  std::shared_ptr<MemoryLedger> ledger_;
  std::string lie_;
};

template <class Word>
std::expected<Word, Lie> checked(const MailReader& mail, Word&& word) {
  if (auto lie = mail.lie(); !lie.empty()) return std::unexpected(std::move(lie));
  return std::move(word);
}

}  // namespace

template <class T>
void Written::finish(wire::Message kind, Offset<T> word) {
  wire::FinishControlBuffer(builder_, wire::CreateControl(builder_, kind, word.Union()));
}

Written::Written(const core::Up& up) {
  std::visit([this](const auto& word) {
    const auto written = write(builder_, word);
    finish(kind_of(written), written);
  }, up);
}

Written::Written(const core::Down& down) {
  std::visit([this](const auto& word) {
    const auto written = write(builder_, word);
    finish(kind_of(written), written);
  }, down);
}

Written::Written(const Introduction& word, UniqueFd socket) {
  builder_.fds.push_back(std::move(socket));
  const auto written = wire::CreateIntroduce(builder_, word.link, word.offers, static_cast<std::uint8_t>(word.medium),
                                             word.sandboxed, word.trusted);
  finish(kind_of(written), written);
}

Written::Written(Farewell) { finish(wire::Message::Goodbye, wire::CreateGoodbye(builder_)); }

Written::Written(Bytes piece, bool last) {
  const auto bytes = builder_.CreateVector(reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size());
  finish(wire::Message::Piece, wire::CreatePiece(builder_, bytes, last));
}

std::expected<const wire::Control*, Lie> Reader::read(Bytes message) {
  if (message.size() < 8 || message.size() >= FLATBUFFERS_MAX_BUFFER_SIZE)
    return std::unexpected("a control message is not a verifiable FlatBuffer");
  if (reinterpret_cast<std::uintptr_t>(message.data()) % alignof(std::uint64_t) != 0) {
    aligned_.resize((message.size() + 7) / 8);
    std::memcpy(aligned_.data(), message.data(), message.size());
    message = std::as_bytes(std::span(aligned_)).first(message.size());
  }
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(message.data());
  flatbuffers::Verifier verifier(bytes, message.size());
  if (!wire::VerifyControlBuffer(verifier))
    return std::unexpected("a control message is not a verifiable FlatBuffer");
  return wire::GetControl(bytes);
}

namespace {

std::expected<core::Up, Lie> read_check(const wire::Check& from) {
  core::Check word{from.end(), from.serial(), {}};
  const std::size_t ports = from.ports() ? from.ports()->size() : 0;
  if (ports > core::most_ports) return std::unexpected("a Check names more ports than a message may carry");
  for (std::size_t i = 0; i < ports; ++i) word.ports.push_back(port_at(*from.ports(), i));
  return word;
}

core::LinkFailed read_failed(const wire::LinkFailed& from) {
  const std::string_view why = from.why() ? from.why()->string_view() : std::string_view();
  return {from.link(), from.lie(), std::string(why.substr(0, longest_why))};
}

core::Checked read_checked(const wire::Checked& from) {
  core::Checked word{from.end(), from.serial(), {}};
  if (from.bad()) word.bad.assign(from.bad()->begin(), from.bad()->end());
  return word;
}

}  // namespace

namespace {

bool has_mail(const wire::Control& control) {
  switch (control.message_type()) {
    case wire::Message::Release:
    case wire::Message::MailIn:
    case wire::Message::MailOut:
    case wire::Message::Close:
    case wire::Message::Open:
    case wire::Message::OpenLocal:
    case wire::Message::CloseFinal: return true;
    default: return false;
  }
}

}  // namespace

std::expected<core::Up, Lie> read_up(const wire::Control& control, const Freight& freight) {
  if (!freight.fds.empty() && !has_mail(control)) return std::unexpected(unexpected_fds);
  MailReader mail(freight);
  if (const auto* word = control.message_as_Create()) return core::Create{word->end()};
  if (const auto* word = control.message_as_Claim()) return core::Claim{word->end(), word->token(), word->carrier()};
  if (const auto* word = control.message_as_Drained()) return core::Drained{word->end(), word->epoch(), word->lossy()};
  if (const auto* word = control.message_as_Release())
    return checked<core::Up>(mail, core::Release{word->end(), word->epoch(), word->token(), word->carrier(),
                                                 mail.read(word->inbox()), mail.read(word->outbox())});
  if (const auto* word = control.message_as_MailIn())
    return checked<core::Up>(mail, core::MailIn{word->end(), word->epoch(), mail.read(word->inbox())});
  if (const auto* word = control.message_as_MailOut())
    return checked<core::Up>(mail, core::MailOut{word->end(), word->epoch(), mail.read(word->outbox())});
  if (const auto* word = control.message_as_Check()) return read_check(*word);
  if (const auto* word = control.message_as_LinkFailed()) return read_failed(*word);
  const auto* word = control.message_as_Close();
  if (!word) return std::unexpected("a control message that a child does not send");
  if (word->reason() > wire::CloseReason::MAX) return std::unexpected("Close has no such reason");
  return checked<core::Up>(mail, core::Close{word->end(), word->epoch(), static_cast<CloseReason>(word->reason()),
                                             mail.read(word->outbox())});
}

namespace {

core::OpenLocal read_open_local(const wire::OpenLocal& from, MailReader& mail) {
  core::OpenLocal word{.end = from.end(), .epoch = from.epoch()};
  const wire::Side* sides[] = {from.first(), from.second()};
  for (std::size_t side = 0; side < 2; ++side) {
    if (!sides[side]) continue;
    word.in[side] = mail.read(sides[side]->inbox());
    word.out[side] = mail.read(sides[side]->outbox());
  }
  return word;
}

}  // namespace

std::expected<core::Down, Lie> read_down(const wire::Control& control, const Freight& freight) {
  if (!freight.fds.empty() && !has_mail(control)) return std::unexpected(unexpected_fds);
  MailReader mail(freight);
  if (const auto* word = control.message_as_ReleaseAck()) return core::ReleaseAck{word->end()};
  if (const auto* word = control.message_as_Checked()) return read_checked(*word);
  if (const auto* word = control.message_as_LinkOver()) return core::LinkOver{word->link()};
  if (const auto* word = control.message_as_Open())
    return checked<core::Down>(mail, core::Open{word->end(), word->epoch(), word->link(), mail.read(word->inbox()),
                                                mail.read(word->outbox())});
  if (const auto* word = control.message_as_OpenLocal()) return checked<core::Down>(mail, read_open_local(*word, mail));
  const auto* word = control.message_as_CloseFinal();
  if (!word) return std::unexpected("a control message that the broker does not send");
  if (word->reason() > wire::CloseReason::MAX) return std::unexpected("CloseFinal has no such reason");
  return checked<core::Down>(mail, core::CloseFinal{word->end(), word->epoch(),
                                                    static_cast<CloseReason>(word->reason()), mail.read(word->inbox())});
}

std::expected<Introduction, Lie> read_introduction(const wire::Introduce& from) {
  const auto medium = static_cast<transport::Medium>(from.medium());
  using transport::Medium;
  const bool known = medium == Medium::automatic || medium == Medium::shm || medium == Medium::pipe;
  if (!known || !core::is_direct(from.link())) return std::unexpected("an introduction to no possible link");
  return Introduction{from.link(), from.offers(), medium, from.sandboxed(), from.trusted()};
}

}  // namespace mullion::node
