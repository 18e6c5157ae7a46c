#include "model/packet.hpp"

#include <array>
#include <cstring>
#include <string_view>

namespace mullion::node::core::model {
namespace {

template <class... Fs>
struct Each : Fs... {
  using Fs::operator()...;
};

class Writer {
 public:
  explicit Writer(Digest& out) : out_(out) {}

  void operator()(const Up& up) { variant(up); }
  void operator()(const Down& down) { variant(down); }
  void operator()(const Introduced& link) { out_.add(link.link), out_.add(link.peer); }
  void operator()(const HangUp&) {}
  void operator()(const Record& record) {
    out_.add(static_cast<std::uint64_t>(record.kind));
    out_.add(record.end), out_.add(record.epoch), out_.add(record.bytes), out_.add(record.messages);
    out_.add(record.payer);
    parcel(record.body, record.ports, record.attachments.size());
  }

 private:
  template <class Variant>
  void variant(const Variant& message) {
    out_.add(message.index());
    std::visit([&](const auto& m) { fields(m); }, message);
  }

  template <class Message>
  void fields(const Message& m) {
    if constexpr (requires { m.end; }) out_.add(m.end);
    if constexpr (requires { m.epoch; }) out_.add(m.epoch);
    if constexpr (requires { m.token; }) out_.add(m.token), out_.add(m.carrier);
    if constexpr (requires { m.lossy; }) out_.add(m.lossy);
    if constexpr (requires { m.lie; }) out_.add(m.lie);
    if constexpr (requires { m.link; }) out_.add(m.link);
    if constexpr (requires { m.reason; }) out_.add(static_cast<std::uint64_t>(m.reason));
    if constexpr (requires { m.serial; }) out_.add(m.serial);
    if constexpr (requires { m.ports; }) parcel({}, m.ports, 0);
    if constexpr (requires { m.bad; }) out_.add(std::vector<std::uint64_t>(m.bad.begin(), m.bad.end()));
    if constexpr (requires { m.in; }) mail(m.in);
    if constexpr (requires { m.out; }) mail(m.out);
  }

  void mail(const std::array<Mail, 2>& both) { mail(both[0]), mail(both[1]); }
  void mail(const Mail& mail) {
    out_.add(mail.size());
    for (const Parcel& each : mail) parcel(each.body, each.ports, each.attachments.size());
  }

  void parcel(Bytes body, const std::vector<Carried>& ports, std::size_t attachments) {
    out_.add(body.size() * 64 + attachments);
    Body read = model::read(body);
    out_.add(read.from), out_.add(read.number), out_.add(ports.size());
    for (const Carried& carried : ports) out_.add(carried.end), out_.add(carried.token);
  }

  Digest& out_;
};

// As a trace shows it.
class Teller {
 public:
  std::string operator()(const Up& up) {
    constexpr std::array names{"Create",  "Release", "Claim", "MailIn",    "MailOut",
                               "Drained", "Close",   "Check", "LinkFailed"};
    return variant(up, names);
  }
  std::string operator()(const Down& down) {
    constexpr std::array names{"Open", "OpenLocal", "CloseFinal", "ReleaseAck", "Checked", "LinkOver"};
    return variant(down, names);
  }
  std::string operator()(const Record& record) {
    constexpr std::array names{"?", "Data", "Fin", "Credit", "Lost"};
    auto kind = static_cast<std::size_t>(record.kind);
    std::string text = std::string(names[kind < names.size() ? kind : 0]) + " " + name(record.end);
    text += " e" + std::to_string(record.epoch);
    if (record.kind == RecordKind::data) text += " " + parcel(record.body, record.ports);
    return text;
  }
  std::string operator()(const Introduced& link) {
    return "Introduced " + std::to_string(link.link) + " to node " + std::to_string(link.peer);
  }
  std::string operator()(const HangUp&) { return "hang-up"; }

 private:
  template <class Variant, class Names>
  std::string variant(const Variant& message, const Names& names) {
    std::string text = message.index() < names.size() ? names[message.index()] : "?";
    std::visit([&](const auto& m) { fields(m, text); }, message);
    return text;
  }

  template <class Message>
  void fields(const Message& m, std::string& text) {
    if constexpr (requires { m.end; }) text += " " + name(m.end);
    if constexpr (requires { m.link; }) text += " link " + std::to_string(m.link);
    if constexpr (requires { m.epoch; }) text += " e" + std::to_string(m.epoch);
    if constexpr (requires { m.carrier; }) text += " over " + name(m.carrier);
    if constexpr (requires { m.lossy; }) text += m.lossy ? " lossy" : "";
    if constexpr (requires { m.lie; }) text += m.lie ? " lie" : "";
    if constexpr (requires { m.reason; }) text += " " + std::string(to_string(m.reason));
    if constexpr (requires { m.serial; }) text += " no. " + std::to_string(m.serial);
    if constexpr (requires { m.ports; }) text += " " + parcel({}, m.ports);
    if constexpr (requires { m.bad; }) text += " bad " + std::to_string(m.bad.size());
    if constexpr (requires { m.in; }) text += mail(" in", m.in);
    if constexpr (requires { m.out; }) text += mail(" out", m.out);
  }

  std::string mail(std::string_view what, const std::array<Mail, 2>& both) {
    return mail(std::string(what) + "[0]", both[0]) + mail(std::string(what) + "[1]", both[1]);
  }
  std::string mail(std::string_view what, const Mail& mail) {
    std::string text;
    for (const Parcel& each : mail) text += " " + parcel(each.body, each.ports);
    return text.empty() ? text : std::string(what) + ":" + text;
  }
  std::string parcel(Bytes body, const std::vector<Carried>& ports) {
    std::string text = "#" + std::to_string(read(body).number);
    for (const Carried& carried : ports) text += "+" + name(carried.end);
    return text;
  }
};

void gather(const Mail& mail, std::vector<Body>& out) {
  for (const Parcel& parcel : mail) out.push_back(read(parcel.body));
}

void gather(const std::array<Mail, 2>& both, std::vector<Body>& out) { gather(both[0], out), gather(both[1], out); }

}  // namespace

std::vector<std::byte> write(Body body, std::size_t padding) {
  std::vector<std::byte> bytes(sizeof(Body) + padding);
  std::memcpy(bytes.data(), &body, sizeof(Body));
  return bytes;
}

Body read(Bytes bytes) {
  Body body;
  if (bytes.size() >= sizeof(Body)) std::memcpy(&body, bytes.data(), sizeof(Body));
  return body;
}

std::string name(EndId end) {
  return std::to_string(maker_of(end)) + "." + std::to_string(count_of(end)) + (end & 1 ? "b" : "a");
}

Packet::Packet(Word given) : word(std::move(given)) {
  digest.add(word.index());
  std::visit(Writer(digest), word);
}

std::string text(const Word& word) { return std::visit(Teller(), word); }

std::vector<Body> bound_in(const Word& word) {
  std::vector<Body> found;
  auto of_message = [&](const auto& m) {
    if constexpr (requires { m.in; }) gather(m.in, found);
  };
  auto of_record = [&](const Record& record) {
    if (record.kind == RecordKind::data) found.push_back(read(record.body));
  };
  std::visit(Each{[&](const Up& up) { std::visit(of_message, up); },
                  [&](const Down& down) { std::visit(of_message, down); }, of_record, [](const auto&) {}},
             word);
  return found;
}

Stream::Packets& Stream::edit() {
  if (!packets_) {
    packets_ = std::make_shared<Packets>();
  } else if (packets_.use_count() > 1) {
    packets_ = std::make_shared<Packets>(*packets_);
  }
  return *packets_;
}

void Stream::put_back(PacketPtr packet) {
  Packets& packets = edit();
  packets.insert(packets.begin(), std::move(packet));
}

PacketPtr Stream::pop() {
  PacketPtr first = packets_->front();
  Packets& packets = edit();
  packets.erase(packets.begin());
  if (packets.empty()) packets_.reset();
  return first;
}

void Stream::cut(std::size_t size) {
  if (size == 0) {
    packets_.reset();
  } else if (size < this->size()) {
    edit().resize(size);
  }
}

void Stream::digest(Digest& out) const {
  out.add(size());
  for (std::size_t i = 0; i < size(); ++i) out.add((*packets_)[i]->digest);
}

}  // namespace mullion::node::core::model
