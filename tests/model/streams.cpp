// What the runtime around the core does: who reads which stream and when, what a death or a hang-up leaves of it.
#include <algorithm>

#include "model/world.hpp"

namespace mullion::node::core::model {
namespace {

template <class... Fs>
struct Each : Fs... {
  using Fs::operator()...;
};

// What the wire does not carry.
void strip(Mail& mail) {
  for (Parcel& parcel : mail) parcel.check = 0;
}

void strip(Up& message) {
  std::visit(
      [](auto& m) {
        if constexpr (requires { m.in; }) strip(m.in);
        if constexpr (requires { m.out; }) strip(m.out);
      },
      message);
}

}  // namespace

DirectLink* World::find_link(LinkId id) {
  auto at = std::find_if(links_.begin(), links_.end(), [id](const DirectLink& link) { return link.id == id; });
  return at == links_.end() ? nullptr : &*at;
}

const DirectLink* World::find_link(LinkId id) const { return const_cast<World*>(this)->find_link(id); }

Stream& World::stream(NodeId at, Way way, DirectLink* link) {
  Lines& line = this->line(at);
  switch (way) {
    case Way::control_up:
      return line.control_up;
    case Way::data_up:
      return line.data_up;
    case Way::control_down:
      return line.control_down;
    case Way::data_down:
      return line.data_down;
    case Way::direct:
      break;
  }
  return link->to[link->side(at)];
}

const Stream& World::stream(NodeId at, Way way, const DirectLink* link) const {
  return const_cast<World*>(this)->stream(at, way, const_cast<DirectLink*>(link));
}

// ---- Writing

void World::say_up(NodeId from, Up message) {
  strip(message);
  if (!says(from, message)) return;
  Word word = std::move(message);
  if (from != liar) note_bound(word);
  line(from).control_up.push(std::move(word));
}

void World::send(NodeId from, LinkId link, Record record) {
  if (!says(from, record)) return;
  Word word = std::move(record);
  if (link == broker_link) {
    if (from != liar) note_bound(word);
    return stream(from, options().merged ? Way::control_up : Way::data_up, nullptr).push(std::move(word));
  }
  DirectLink* direct = find_link(link);
  bool may = direct && direct->has(from) && direct->known[direct->side(from)];
  if (!may) return problem(0, "node " + std::to_string(from) + " wrote on a link that it does not have");
  std::size_t other = 1 - direct->side(from);
  if (direct->broken || direct->ended[1 - other] || direct->ended[other]) return;
  if (from != liar) note_bound(word);
  direct->to[other].push(std::move(word));
}

void World::down(NodeId to, Down&& message) {
  if (process(to).alive) line(to).control_down.push(std::move(message));
}

void World::lost(NodeId to, EndId end, Epoch epoch) {
  Record record{.kind = RecordKind::lost, .end = end, .epoch = epoch};
  if (process(to).alive) stream(to, options().merged ? Way::control_down : Way::data_down, nullptr).push(record);
}

bool World::introduce(NodeId a, NodeId b, LinkId link) {
  bool first = a + b == 2 + 3;
  if (options().direct == Direct::never || (options().direct == Direct::first_pair && !first)) return false;
  links_.push_back({.id = link, .nodes = {a, b}});
  for (NodeId at : {a, b}) {
    if (process(at).alive) line(at).control_down.push(Introduced{link, at == a ? b : a});
    if (!process(at).alive) hang_up(links_.back(), at);
  }
  return true;
}

// Nobody else can be to blame than the two, so an honest pair never quarrels.
void World::quarrel(NodeId from, NodeId other, const LinkFailed& failed) {
  if (failed.lie && from != liar && other != liar) {
    problem(0, "node " + std::to_string(from) + " called node " + std::to_string(other) + " a liar: " + failed.why);
  }
}

// ---- Reading

bool World::may_read(NodeId at, LinkId link) const {
  const Process& process = this->process(at);
  return process.alive && (!process.paused.contains(link) || process.told_over.contains(link));
}

bool World::deliverable(NodeId at, Way way, LinkId id) const {
  if (way == Way::direct) {
    const DirectLink* link = find_link(id);
    if (!link || !link->has(at) || !link->known[link->side(at)] || link->ended[link->side(at)]) return false;
    return may_read(at, id) && (!link->to[link->side(at)].empty() || process(at).told_over.contains(id));
  }
  if (stream(at, way, nullptr).empty()) return false;
  if (way == Way::data_down) return may_read(at, broker_link);
  return way != Way::control_down || process(at).alive;
}

std::string World::tell(NodeId at, Way way, LinkId id) const {
  const Stream& stream = this->stream(at, way, find_link(id));
  bool up = way == Way::control_up || way == Way::data_up;
  std::string who = (up ? "the broker, from node " : "node ") + std::to_string(at);
  if (way == Way::direct) who += ", on link " + std::to_string(id);
  return who + ": " + (stream.empty() ? "the end of what a link over held" : text(stream.front()));
}

bool World::deliver(NodeId at, Way way, LinkId id) {
  if (!deliverable(at, way, id)) return false;
  DirectLink* link = way == Way::direct ? find_link(id) : nullptr;
  Stream& stream = this->stream(at, way, link);
  if (way == Way::direct && hangs_up_early(stream)) stream.cut(0);
  if (way == Way::direct && stream.empty()) {
    end_link(at, id, false);
    return true;
  }
  PacketPtr packet = stream.pop();
  bool up = way == Way::control_up || way == Way::data_up;
  std::visit(
      Each{[&](const Up& message) { handle_up(at, message); }, [&](const Down& message) { handle_down(at, message); },
           [&](const Record& record) {
             up ? handle_route(at, record) : handle_link(at, way == Way::direct ? id : broker_link, packet);
           },
           [&](const Introduced& made) {
             DirectLink* link = find_link(made.link);
             link->known[link->side(at)] = true;
           },
           [&](const HangUp&) {
             if (options().fault != Fault::deaf_to_hang_up) end_link(at, id, false);
           }},
      packet->word);
  if (!up) after_call(at);
  return true;
}

void World::handle_up(NodeId from, Up message) {
  if (!hears(from, message)) return;
  Verdict verdict = edit_directory().handle(from, std::move(message));
  if (!verdict) caught(verdict.error().node, verdict.error().why);
  check_bounds();
}

void World::handle_route(NodeId from, Record record) {
  RecordView view{record.kind, record.end, record.epoch, record.bytes, record.messages, record.ports};
  auto to = edit_directory().route(from, view);
  if (!to) return caught(to.error().node, to.error().why);
  if (*to != 0 && !process(*to).alive) return forget_bound(record);
  if (*to == 0) return forget_if_orphaned(from, record);
  if (*to == broker_node && from != broker_node) record.payer = from;
  stream(*to, options().merged ? Way::control_down : Way::data_down, nullptr).push(std::move(record));
}

void World::handle_down(NodeId at, Down message) {
  if (!hears(at, message)) return;
  ports(at).on_down(std::move(message));
}

void World::handle_link(NodeId at, LinkId link, const PacketPtr& packet) {
  const Record& record = std::get<Record>(packet->word);
  if (!hears(at, record)) return;
  edit(at).paused.insert(link);  // resume() may come from within
  Arrival arrival = handle_record(at, link, record);
  check_bounds();
  bool stalls = arrival == Arrival::later && options().fault != Fault::drop_early_data;
  if (!stalls) edit(at).paused.erase(link);
  if (stalls && process(at).told_over.contains(link)) arrival = Arrival::lie;
  if (arrival == Arrival::refused) {
    forget_bound(packet->word);
    return edit_directory().refuse(record.end, record.ports);
  }
  if (arrival == Arrival::lie) {
    if (link != broker_link) return end_link(at, link, true, "it wrote " + text(packet->word));
    return problem(record.end, "a record from the broker was called a lie");
  }
  if (stalls) {
    if (link == broker_link && options().merged) problem(record.end, "the only stream waits for what is behind");
    Stream& from = stream(at, link == broker_link ? Way::data_down : Way::direct, find_link(link));
    return from.put_back(packet);
  }
  if (record.forged) return;
  Ledger& mine = edit_ledger(record.end);
  if (record.epoch < mine.heard && record.kind != RecordKind::lost)
    problem(record.end, "heard of an earlier epoch");  // I3
  mine.heard = std::max(mine.heard, record.epoch);
}

Arrival World::handle_record(NodeId at, LinkId link, const Record& record) {
  Ports& ports = this->ports(at);
  switch (record.kind) {
    case RecordKind::data:
      return ports.on_data(link, record.end, record.epoch, record.body, record.ports, record.attachments, record.payer);
    case RecordKind::fin:
      return ports.on_fin(link, record.end, record.epoch);
    case RecordKind::lost:
      return link == broker_link ? ports.on_lost(link, record.end, record.epoch) : Arrival::lie;
    case RecordKind::credit:
      break;
  }
  return ports.on_credit(link, record.end, record.epoch, record.bytes, record.messages);
}

// ---- Ends

void World::caught(NodeId who, std::string why) {
  history_.edit().violations.push_back(std::to_string(who) + " " + why);
  if (who != liar) return problem(0, "honest node " + std::to_string(who) + " was called a liar: " + why);
  if (!cut_off || !process(who).alive) return;
  for (Stream* stream : {&line(who).control_up, &line(who).data_up}) cut(*stream, 0);
  kill(who, cuts(who) - 1);
  bury(who, CloseReason::protocol);
}

void World::hang_up(DirectLink& link, NodeId from) {
  std::size_t side = link.side(from);
  if (std::exchange(link.ended[side], true)) return;
  cut(link.to[side], 0);
  if (!link.broken && !link.ended[1 - side]) link.to[1 - side].push(HangUp{});
}

// A process is done with a link: it has hung up, or the process does.
void World::end_link(NodeId at, LinkId link, bool lie, std::string why) {
  DirectLink* direct = find_link(link);
  if (!direct || direct->ended[direct->side(at)]) return;
  hang_up(*direct, at);
  Process& process = edit(at);
  process.paused.erase(link);
  process.told_over.erase(link);
  process.ports.link_lost(link, lie, std::move(why));
}

// Each of its streams ends somewhere, and nobody knows more than that.
std::size_t World::cuts(NodeId dead) const {
  const Lines& line = lines(dead);
  std::size_t ways = (line.control_up.size() + 1) * (line.data_up.size() + 1);
  for (const DirectLink& link : links_) {
    if (link.has(dead) && !link.ended[link.side(dead)]) ways *= link.to[1 - link.side(dead)].size() + 1;
  }
  return ways;
}

void World::kill(NodeId dead, std::size_t cut) {
  auto part = [&](Stream& stream) {
    std::size_t ways = stream.size() + 1;
    this->cut(stream, std::exchange(cut, cut / ways) % ways);
  };
  Lines& line = this->line(dead);
  part(line.control_up);
  part(line.data_up);
  for (DirectLink& link : links_) {
    if (!link.has(dead) || link.ended[link.side(dead)]) continue;
    part(link.to[1 - link.side(dead)]);
    hang_up(link, dead);
  }
  this->cut(line.control_down, 0);
  this->cut(line.data_down, 0);
  Process& process = edit(dead);
  process.alive = false;
  process.ports = Ports({.node = dead}, process);
  process.held.clear();
  process.paused.clear();
  process.told_over.clear();
  ++history_.edit().losses;
}

bool World::bury(NodeId dead, CloseReason reason) {
  const Process& process = this->process(dead);
  if (process.alive || process.gone || !lines(dead).control_up.empty() || !lines(dead).data_up.empty()) return false;
  edit(dead).gone = true;
  for (const Lines& line : lines_) {
    for (const Stream* stream : {&line.control_up, &line.data_up}) forget_records_for(dead, *stream);
  }
  edit_directory().node_died(dead, reason);
  return true;
}

std::size_t World::link_cuts(LinkId id) const {
  const DirectLink* link = find_link(id);
  bool whole = link && !link->broken && !link->ended[0] && !link->ended[1];
  return whole ? (link->to[0].size() + 1) * (link->to[1].size() + 1) : 0;
}

// Both find that it is over, though neither died; each after some of what the other wrote.
void World::break_link(LinkId id, std::size_t cut) {
  DirectLink& link = *find_link(id);
  for (Stream& stream : link.to) {
    std::size_t ways = stream.size() + 1;
    this->cut(stream, std::exchange(cut, cut / ways) % ways);
    stream.push(HangUp{});
  }
  link.broken = true;
  ++history_.edit().losses;
}

// ---- What must arrive

void World::note_bound(const Word& word) {
  for (Body body : bound_in(word)) {
    if (ledger(body.from).bound_in < body.number) edit_ledger(body.from).bound_in = body.number;
  }
}

void World::forget_bound(const Word& word) {
  for (Body body : bound_in(word)) {
    if (body.number && ledger(body.from).bound_in >= body.number) edit_ledger(body.from).bound_in = body.number - 1;
  }
}

// Sent through the broker in an epoch whose other process is gone.
void World::forget_if_orphaned(NodeId from, const Record& record) {
  auto other = [&](const auto& process) { return process->gone && process->id != from; };
  if (std::any_of(processes_.begin(), processes_.end(), other)) forget_bound(record);
}

// What is on its way through the broker to a process that died is lost with it.
void World::forget_records_for(NodeId dead, const Stream& stream) {
  for (std::size_t i = 0; i < stream.size(); ++i) {
    auto* record = std::get_if<Record>(&stream[i]->word);
    if (record && directory_->receiver(record->end) == dead) forget_bound(*record);
  }
}

void World::cut(Stream& stream, std::size_t size) {
  for (std::size_t i = size; i < stream.size(); ++i) forget_bound(stream[i]->word);
  stream.cut(size);
}

// ---- A hostile process

bool World::may_say(NodeId from, const DirectLink& link) const {
  std::size_t side = link.has(from) ? link.side(from) : 0;
  bool open = link.has(from) && !link.broken && link.known[0] && link.known[1] && !link.ended[0] && !link.ended[1];
  return open && process(from).alive && may_read(link.nodes[1 - side], link.id);
}

void World::say(NodeId from, Up word) { handle_up(from, std::move(word)); }
void World::say(NodeId from, const Record& record) { handle_route(from, record); }

void World::say(NodeId from, LinkId id, const Record& record) {
  DirectLink& link = *find_link(id);
  NodeId to = link.nodes[1 - link.side(from)];
  handle_link(to, id, std::make_shared<const Packet>(record));
  after_call(to);
}

void World::forget(NodeId from, Way way, LinkId id) {
  DirectLink* link = way == Way::direct ? find_link(id) : nullptr;
  NodeId reader = link ? link->nodes[1 - link->side(from)] : from;
  stream(reader, way, link).pop();
}

}  // namespace mullion::node::core::model
