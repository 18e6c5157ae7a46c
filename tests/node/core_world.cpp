#include "node/core_world.hpp"

#include <cstring>

namespace mullion::node::core::testing {
namespace {

struct Body {  // of a test message
  EndId from = 0;
  std::uint64_t number = 0;
};

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

}  // namespace

std::uint64_t Random::next() {
  std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// ---- A process

Process::Process(const Process& other, World& world)
    : Ports::Sink(other), world(&world), id(other.id), ports(other.ports), control_up(other.control_up),
      control_down(other.control_down), data_up(other.data_up), data_down(other.data_down), held(other.held),
      alive(other.alive), gone(other.gone), paused(other.paused), full(other.full), eager(other.eager) {
  ports.rebind(*this);
}

bool Process::data(LinkId, EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> carried) {
  if (full) return false;
  Record record{.kind = RecordKind::data, .end = end, .epoch = epoch, .ports = {carried.begin(), carried.end()}};
  for (Bytes part : body) record.body.insert(record.body.end(), part.begin(), part.end());
  record.bytes = record.body.size();
  data_up.push_back(std::move(record));
  return true;
}

void Process::fin(LinkId, EndId end, Epoch epoch) {
  data_up.push_back({.kind = RecordKind::fin, .end = end, .epoch = epoch});
}

void Process::credit(LinkId, EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) {
  data_up.push_back({.kind = RecordKind::credit, .end = end, .epoch = epoch, .bytes = bytes, .messages = messages});
}

bool Process::offer(EndId end, Bytes body) {
  if (!eager) return false;
  world->got(id, end, body, {});
  if (within_offer) within_offer(*this);
  return true;
}

void Process::ready(EndId end) {
  if (!ports.started(end)) world->problem(end, "ready before start");
}

void Process::drained(EndId end) {
  if (!ports.holds(end)) world->problem(end, "drained at an end that is not here");
}

void Process::closed(EndId end, CloseReason reason) {
  Ledger& mine = world->ledger[end];
  if (++mine.closed > 1) world->problem(end, "closed twice");
  mine.reason = reason;
  if (ports.has_message(end) || !ports.started(end)) world->problem(end, "closed before its last message");
  just_closed.push_back(end);
}

// After the call that closed it: by then the program has what that call gave.
void Process::check_closed() {
  for (EndId end : std::exchange(just_closed, {})) {
    std::uint64_t got = world->ledger[end].got;
    std::uint64_t posted = world->ledger[peer_of(end)].posted;
    bool arrived_dead = world->directory.gone(end);
    bool graceful = !arrived_dead && world->deaths == 0 && !world->refusals && world->ledger[end].reason == CloseReason::closed;
    if (graceful && got != posted) {
      world->problem(end, "closed with " + std::to_string(got) + " of " + std::to_string(posted));
    }
  }
}

// ---- The world

World::World(WorldOptions chosen) : options(chosen), directory(*this) {
  for (NodeId id = broker_node; id <= options.nodes + broker_node; ++id) {
    directory.add_node(id, options.quotas);
    PortsOptions ports{.node = id, .secret = id * 77u, .ends = options.ends};
    ports.window_bytes = options.window_bytes;
    ports.window_messages = options.window_messages;
    ports.hard_bytes = 4000;
    processes.push_back(std::make_unique<Process>(*this, ports));
  }
}

World::World(const World& other)
    : Directory::Sink(other), options(other.options), directory(other.directory), ledger(other.ledger), age(other.age),
      carried_on(other.carried_on), touched_by_liar(other.touched_by_liar), heard(other.heard), liar(other.liar),
      deaths(other.deaths), refusals(other.refusals), rings(other.rings), violations(other.violations), problems_(other.problems_), fins_(other.fins_) {
  directory.rebind(*this);
  for (const auto& process : other.processes) processes.push_back(std::make_unique<Process>(*process, *this));
}

Process& World::process(NodeId id) { return *processes[id - broker_node]; }

std::pair<EndId, EndId> World::create(NodeId at) {
  auto ends = process(at).ports.create();
  if (!ends) return {};
  age.insert({channel_of(ends->first), age.size()});
  process(at).held.insert({ends->first, ends->second});
  return *ends;
}

std::pair<EndId, EndId> World::connect(NodeId parent, NodeId child) {
  auto ends = directory.create_between(parent, child);
  age.insert({channel_of(ends.first), age.size()});
  process(parent).ports.adopt(ends.first);
  process(child).ports.adopt(ends.second);
  process(parent).held.insert(ends.first);
  process(child).held.insert(ends.second);
  return ends;
}

Result<> World::post(NodeId at, EndId end, std::vector<EndId> ports, PostRoom room, std::size_t padding) {
  Process& from = process(at);
  auto body = write({end, ledger[end].posted + 1}, padding);
  Bytes parts[] = {Bytes(body).first(5), Bytes(body).subspan(5)};
  auto result = from.ports.post(end, parts, ports, room);
  if (result && !directory.gone(end)) ++ledger[end].posted;  // it may be gone before its holder knows
  for (EndId port : ports) {
    if (result) {
      from.held.erase(port);
      carried_on[channel_of(port)].insert(channel_of(end));
      if (options.fault == Fault::eager_send) from.ports.on_down(ReleaseAck{port});
    } else if (from.held.contains(port) && !from.ports.holds(port)) {
      problem(port, "left although the post failed");
    }
  }
  return result;
}

bool World::take(NodeId at, EndId end) {
  auto taken = process(at).ports.take(end);
  if (!taken) return false;
  got(at, end, taken->body, taken->ports);
  process(at).check_closed();
  return true;
}

// I1, and what came with it is nowhere else (I2).
void World::got(NodeId at, EndId end, Bytes bytes, std::span<const EndId> ports) {
  Body body = read(bytes);
  Ledger& mine = ledger[end];
  if (body.from != peer_of(end)) problem(end, "got a message of another channel");
  if (body.number != mine.got + 1) {
    problem(end, "got " + std::to_string(body.number) + " after " + std::to_string(mine.got));
  }
  mine.got = body.number;
  for (EndId port : ports) {
    for (auto& other : processes) {
      bool twice = other->alive && other->held.contains(port) && other->id != liar && at != liar;
      if (twice) problem(port, "lives in two places");
    }
    process(at).held.insert(port);
  }
}

void World::close(NodeId at, EndId end) {
  process(at).held.erase(end);
  process(at).ports.close(end);
}

void World::problem(EndId end, std::string what) {
  problems_.push_back({channel_of(end), name(end) + ": " + std::move(what)});
}

void World::down(NodeId to, Down&& message) {
  if (process(to).alive) process(to).control_down.push_back(std::move(message));
}

void World::lost(NodeId to, EndId end, Epoch epoch) {
  RecordKind kind = options.fault == Fault::lossless_death ? RecordKind::fin : RecordKind::lost;
  if (process(to).alive) process(to).data_down.push_back({.kind = kind, .end = end, .epoch = epoch});
}

bool World::deliver_up(Process& from) {
  if (from.control_up.empty()) return false;
  Up message = std::move(from.control_up.front());
  from.control_up.pop_front();
  if (broken(from, message)) return true;
  Verdict verdict = directory.handle(from.id, std::move(message));
  if (!verdict) violations.push_back(std::to_string(verdict.error().node) + " " + verdict.error().why);
  if (!verdict && from.id != liar) problem(0, "an honest process was called a liar: " + verdict.error().why);
  return true;
}

bool World::deliver_down(Process& to) {
  if (!to.alive || to.control_down.empty()) return false;
  Down message = std::move(to.control_down.front());
  to.control_down.pop_front();
  bool said_before = options.fault == Fault::eager_send && std::holds_alternative<ReleaseAck>(message);
  if (!said_before) to.ports.on_down(std::move(message));
  to.check_closed();
  return true;
}

bool World::deliver_data_up(Process& from) {
  if (from.data_up.empty()) return false;
  Record record = std::move(from.data_up.front());
  from.data_up.pop_front();
  if (broken(from, record)) return true;
  auto to = directory.route(from.id, {record.kind, record.end, record.epoch, record.bytes, record.messages, record.ports});
  if (!to) violations.push_back(std::to_string(to.error().node) + " " + to.error().why);
  if (!to && from.id != liar) problem(0, "an honest process was called a liar: " + to.error().why);
  if (to && *to != 0 && process(*to).alive) process(*to).data_down.push_back(std::move(record));
  return true;
}

bool World::deliver_data_down(Process& to) {
  if (!to.alive || to.paused || to.data_down.empty()) return false;
  Record record = to.data_down.front();
  to.data_down.pop_front();
  to.paused = true;  // resume() may come from within
  Arrival arrival = Arrival::handled;
  switch (record.kind) {
    case RecordKind::data: arrival = to.ports.on_data(broker_link, record.end, record.epoch, record.body, record.ports); break;
    case RecordKind::fin: arrival = to.ports.on_fin(broker_link, record.end, record.epoch); break;
    case RecordKind::lost: arrival = to.ports.on_lost(broker_link, record.end, record.epoch); break;
    case RecordKind::credit:
      arrival = to.ports.on_credit(broker_link, record.end, record.epoch, record.bytes, record.messages);
      break;
  }
  bool stall = arrival == Arrival::later && options.fault != Fault::drop_early_data;
  to.paused = stall;
  if (stall) {
    to.data_down.push_front(std::move(record));
    return true;
  }
  if (arrival == Arrival::lie) problem(record.end, "an honest record was called a lie");
  Epoch& last = heard[record.end];
  if (record.epoch < last && record.kind != RecordKind::lost) problem(record.end, "heard of an earlier epoch");  // I3
  last = std::max(last, record.epoch);
  return true;
}

// Each of its streams ends somewhere, and nobody knows more than that.
void World::kill(NodeId id, Random& random) {
  Process& dead = process(id);
  std::size_t said_to_broker = random.below(dead.control_up.size() + 1);
  if (dead.alive) kill(id, said_to_broker, random.below(dead.data_up.size() + 1));
}

void World::kill(NodeId id, std::size_t said_to_broker, std::size_t in_link) {
  Process& dead = process(id);
  dead.alive = false;
  dead.control_up.resize(said_to_broker);
  dead.data_up.resize(in_link);
  dead.control_down.clear();
  dead.data_down.clear();
  dead.held.clear();
  ++deaths;
}

bool World::bury(Process& dead) {
  if (dead.alive || dead.gone || !dead.control_up.empty() || !dead.data_up.empty()) return false;
  dead.gone = true;
  directory.node_died(dead.id);
  return true;
}

bool World::settle() {
  bool ever = false;
  for (int round = 0; round < 10000; ++round) {
    bool moved = false;
    for (auto& process : processes) {
      if (std::exchange(process->full, false)) process->ports.writable(broker_link);
      while (deliver_up(*process) || deliver_data_up(*process)) moved = true;
      while (deliver_down(*process) || deliver_data_down(*process)) moved = true;
      moved |= bury(*process);
    }
    if (!moved) return ever;
    ever = true;
  }
  problem(0, "it does not come to rest");
  return false;
}

void World::drain() {
  for (auto& process : processes) process->within_offer = {};
  bool moved = true;
  while (moved) {
    moved = settle();
    for (auto& process : processes) {
      if (!process->alive) continue;
      for (EndId end : std::vector(process->held.begin(), process->held.end())) {
        moved |= !process->ports.started(end);
        process->ports.start(end);
        while (take(process->id, end)) moved = true;
      }
    }
  }
}

void World::fingerprint(std::vector<std::uint64_t>& out) const {
  directory.fingerprint(out);
  for (const auto& process : processes) {
    process->ports.fingerprint(out);
    out.insert(out.end(), {process->alive, process->paused, process->control_up.size(), process->control_down.size()});
  }
}

}  // namespace mullion::node::core::testing
