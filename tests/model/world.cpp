#include "model/world.hpp"

#include <algorithm>

namespace mullion::node::core::model {

// ---- A process

Process::Process(const Process& other)
    : Ports::Sink(other),
      world(other.world),
      id(other.id),
      ports(other.ports),
      held(other.held),
      just_closed(other.just_closed),
      accused(other.accused),
      paused(other.paused),
      told_over(other.told_over),
      alive(other.alive),
      gone(other.gone),
      full(other.full),
      eager(other.eager) {
  ports.rebind(*this);
}

void Process::up(Up&& message) { world->say_up(id, std::move(message)); }

bool Process::data(LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> carried) {
  return laden_data(link, end, epoch, body, carried, {});
}

bool Process::laden_data(LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body,
                         std::span<const Carried> carried, std::span<const Attachment> attachments) {
  if (full) return false;
  Record record{.kind = RecordKind::data, .end = end, .epoch = epoch, .ports = {carried.begin(), carried.end()}};
  record.attachments = {attachments.begin(), attachments.end()};
  for (Bytes part : body) record.body.insert(record.body.end(), part.begin(), part.end());
  record.bytes = weight(record.body.size(), record.attachments.size());
  world->send(id, link, std::move(record));
  return true;
}

void Process::fin(LinkId link, EndId end, Epoch epoch) {
  world->send(id, link, {.kind = RecordKind::fin, .end = end, .epoch = epoch});
}

void Process::credit(LinkId link, EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) {
  world->send(id, link, {.kind = RecordKind::credit, .end = end, .epoch = epoch, .bytes = bytes, .messages = messages});
}

bool Process::offer(EndId end, Bytes body) {
  if (!eager) return false;
  world->got(id, end, {.body = {body.begin(), body.end()}});
  if (within_offer) within_offer(*this);
  return true;
}

bool Process::charge(NodeId payer, std::uint64_t bytes) { return world->charge(payer, bytes); }

void Process::discharge(NodeId payer, std::uint64_t bytes) { world->discharge(payer, bytes); }

void Process::ready(EndId end) {
  if (!ports.started(end)) world->problem(end, "ready before start");
}

void Process::drained(EndId end) {
  if (!ports.holds(end)) world->problem(end, "drained at an end that is not here");
}

void Process::closed(EndId end, CloseReason reason) {
  Ledger& mine = world->edit_ledger(end);
  if (++mine.closed > 1) world->problem(end, "closed twice");
  mine.reason = reason;
  if (ports.has_message(end) || !ports.started(end)) world->problem(end, "closed before its last message");
  just_closed.push_back(end);
}

Digest Process::digest() const {
  Digest out;
  std::vector<std::uint64_t> words;
  ports.fingerprint(words);
  words.insert(words.end(), {alive, gone, full, held.size(), paused.size(), told_over.size()});
  words.insert(words.end(), held.begin(), held.end());
  words.insert(words.end(), paused.begin(), paused.end());
  words.insert(words.end(), told_over.begin(), told_over.end());
  out.add(words);
  return out;
}

// ---- The world

World::World(WorldOptions chosen)
    : options_(std::make_shared<const WorldOptions>(chosen)),
      directory_(std::make_shared<Directory>(*this)),
      ledger_(std::make_shared<std::map<EndId, Ledger>>()),
      history_(std::make_shared<History>()) {
  lines_.resize(chosen.nodes + 1);
  Quotas quotas{.window_bytes = chosen.window_bytes, .window_messages = chosen.window_messages};
  for (NodeId id = broker_node; id <= last_node(); ++id) {
    edit_directory().add_node(id, chosen.quotas.value_or(quotas));
    PortsOptions ports{.node = id, .secret = id * 77u, .ends = chosen.ends};
    ports.window_bytes = chosen.window_bytes;
    ports.window_messages = chosen.window_messages;
    ports.hard_bytes = 200'000;
    processes_.emplace_back(std::make_shared<Process>(*this, ports));
  }
}

Process& World::edit(NodeId id) {
  Process& process = processes_[id - broker_node].edit();
  process.world = this;
  return process;
}

Directory& World::edit_directory() {
  Directory& directory = directory_.edit();
  directory.rebind(*this);
  return directory;
}

const Ledger& World::ledger(EndId end) const {
  static const Ledger none{};
  auto found = ledger_->find(end);
  return found == ledger_->end() ? none : found->second;
}

std::pair<EndId, EndId> World::create(NodeId at) {
  auto ends = ports(at).create();
  if (!ends) return {};
  auto& age = history_.edit().age;
  age.insert({channel_of(ends->first), age.size()});
  edit(at).held.insert({ends->first, ends->second});
  return *ends;
}

std::pair<EndId, EndId> World::connect(NodeId parent, NodeId child) {
  auto ends = edit_directory().create_between(parent, child);
  auto& age = history_.edit().age;
  age.insert({channel_of(ends.first), age.size()});
  ports(parent).adopt(ends.first);
  ports(child).adopt(ends.second);
  edit(parent).held.insert(ends.first);
  edit(child).held.insert(ends.second);
  return ends;
}

std::pair<EndId, EndId> World::channel(NodeId a, NodeId b) {
  auto ends = create(broker_node);
  if (a != broker_node) post(broker_node, boot_end_of_parent(a), {ends.first});
  if (b != broker_node) post(broker_node, boot_end_of_parent(b), {ends.second});
  drain();
  return ends;
}

Result<> World::post(NodeId at, EndId end, std::vector<EndId> carried, PostRoom room, std::size_t padding,
                     std::size_t attachments) {
  auto body = write({end, ledger(end).posted + 1, attachments}, padding);
  std::vector<Attachment> attached(attachments, Attachment(attached_, reinterpret_cast<Memory*>(attached_.get())));
  Bytes parts[] = {Bytes(body).first(5), Bytes(body).subspan(5)};
  Process& from = edit(at);
  auto result = from.ports.post(end, parts, carried, room, attached);
  if (result && !directory_->gone(end)) ++edit_ledger(end).posted;  // it may be gone before its holder knows
  for (EndId port : carried) {
    if (result) {
      from.held.erase(port);
      history_.edit().carried_on[channel_of(port)].insert(channel_of(end));
      if (options().fault == Fault::eager_send) from.ports.on_down(ReleaseAck{port});
    } else if (from.held.contains(port) && !from.ports.holds(port)) {
      problem(port, "left although the post failed");
    }
  }
  after_call(at);
  return result;
}

bool World::take(NodeId at, EndId end) {
  auto taken = ports(at).take(end);
  if (!taken) return false;
  got(at, end, *taken);
  after_call(at);
  return true;
}

void World::start(NodeId at, EndId end) {
  ports(at).start(end);
  after_call(at);
}

// I1, and what came with it is nowhere else (I2).
void World::got(NodeId at, EndId end, const Taken& taken) {
  Body body = read(taken.body);
  Ledger& mine = edit_ledger(end);
  if (body.from != peer_of(end)) problem(end, "got a message of another channel");
  if (body.attachments != taken.attachments.size())
    problem(end, "got a message without what was attached to it");  // I9
  if (body.number != mine.got + 1) {
    problem(end, "got " + std::to_string(body.number) + " after " + std::to_string(mine.got));
  }
  mine.got = body.number;
  for (EndId port : taken.ports) {
    // One that is gone, which a hostile process named: it arrives closed, whoever else has seen it close.
    if (liar && directory_->gone(port)) edit_history().touched_by_liar.insert(channel_of(port));
    for (const auto& other : processes_) {
      bool twice = other->alive && other->held.contains(port) && other->id != liar && at != liar;
      if (twice) problem(port, "lives in two places");
    }
    edit(at).held.insert(port);
  }
}

void World::close(NodeId at, EndId end) {
  edit(at).held.erase(end);
  ports(at).close(end);
  after_call(at);
}

void World::writable(NodeId at) {
  Process& process = edit(at);
  process.full = false;
  process.ports.writable(broker_link);
  for (const DirectLink& link : links_) {
    if (link.has(at)) process.ports.writable(link.id);
  }
}

void World::problem(EndId end, std::string what) {
  history_.edit().problems.push_back({channel_of(end), (end ? name(end) + ": " : "") + std::move(what)});
}

void World::after_call(NodeId at) {
  while (!process(at).accused.empty()) {
    auto accused = std::exchange(edit(at).accused, {});
    for (auto& [link, why] : accused) end_link(at, link, true, std::move(why));
  }
  if (!process(at).just_closed.empty()) check_closed(at);
}

bool World::settle() {
  bool ever = false;
  for (int round = 0; round < 10000; ++round) {
    bool moved = false;
    for (NodeId id = broker_node; id <= last_node(); ++id) {
      if (process(id).full) moved = true, writable(id);
      while (deliver(id, Way::control_up) || deliver(id, Way::data_up)) moved = true;
      while (deliver(id, Way::control_down) || deliver(id, Way::data_down)) moved = true;
      for (std::size_t i = 0; i < links_.size(); ++i) {
        while (deliver(id, Way::direct, links_[i].id)) moved = true;
      }
      moved |= bury(id);
    }
    if (!moved) return ever;
    ever = true;
  }
  problem(0, "it does not come to rest");
  return false;
}

void World::drain() {
  for (NodeId id = broker_node; id <= last_node(); ++id) {
    if (process(id).within_offer) edit(id).within_offer = {};
  }
  bool moved = true;
  while (moved) {
    moved = settle();
    for (NodeId id = broker_node; id <= last_node(); ++id) {
      if (!process(id).alive) continue;
      for (EndId end : std::vector(process(id).held.begin(), process(id).held.end())) {
        if (!process(id).ports.started(end)) moved = true, start(id, end);
        while (process(id).ports.has_message(end) && take(id, end)) moved = true;
      }
    }
  }
}

Digest World::digest() const {
  Digest out = directory_.digest([](const Directory& directory) {
    Digest digest;
    std::vector<std::uint64_t> words;
    directory.fingerprint(words);
    digest.add(words);
    return digest;
  });
  for (const auto& process : processes_) out.add(process.digest([](const Process& p) { return p.digest(); }));
  for (const Lines& line : lines_) {
    for (const Stream* stream : {&line.control_up, &line.data_up, &line.control_down, &line.data_down})
      stream->digest(out);
  }
  for (const DirectLink& link : links_) {
    out.add(link.id);
    out.add(link.known[0] * 8u + link.known[1] * 4u + link.ended[0] * 2u + link.ended[1]);
    for (const Stream& stream : link.to) stream.digest(out);
  }
  out.add(ledger_.digest([](const std::map<EndId, Ledger>& ledgers) {
    Digest digest;
    for (const auto& [end, mine] : ledgers) {
      for (std::uint64_t word : {end, mine.posted, mine.bound_in, mine.got,
                                 std::uint64_t(mine.closed) * 2 + mine.stillborn, std::uint64_t(mine.heard)}) {
        digest.add(word);
      }
    }
    return digest;
  }));
  out.add(static_cast<std::uint64_t>(history_->losses));
  out.add(history_->faults.fins.size() * 64 + history_->faults.drained.size());
  return out;
}

}  // namespace mullion::node::core::model
