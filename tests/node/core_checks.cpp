// What must hold in a world at rest, the ways to break one, and random schedules.
#include <algorithm>

#include "node/core_world.hpp"

namespace mullion::node::core::testing {

// ---- Checks

// I4, I5 and I6, after drain().
void World::check_at_rest() {
  std::set<EndId> everywhere;
  for (auto& process : processes) {
    if (!process->alive) continue;
    everywhere.insert(process->held.begin(), process->held.end());
    if (!process->ports.quiet()) problem(0, "node " + std::to_string(process->id) + " is not at rest");
    if (process->ports.size() != process->held.size()) problem(0, "a process has ends that its program does not know");
    auto open = std::count_if(process->held.begin(), process->held.end(),
                              [&](EndId end) { return !process->ports.closed(end); });
    if (directory.ends_of(process->id) != static_cast<std::size_t>(open)) problem(0, "the ledger of ends is wrong");
  }
  for (auto& process : processes) {
    if (directory.mail_of(process->id) != 0) problem(0, "mail is charged and not there");
  }
  if (directory.limbo() != 0) problem(0, std::to_string(directory.limbo()) + " ends are in limbo");
  if (directory.letters() != 0) problem(0, std::to_string(directory.letters()) + " messages wait for nobody");
  for (EndId end : everywhere) check_channel(end, everywhere.contains(peer_of(end)));
}

void World::check_channel(EndId end, bool peer_is_here) {
  const Ledger& mine = ledger[end];
  const Ledger& peers = ledger[peer_of(end)];
  if (!peer_is_here && mine.closed != 1) problem(end, "was not told that its peer is gone");
  if (!peer_is_here) return;
  if (mine.closed != peers.closed) problem(end, "only one of two ends that are there is closed");
  if (mine.closed && deaths == 0 && !refusals && !rings) problem(end, "closed although nobody closed it");
  if (!mine.closed && mine.got != peers.posted) {
    problem(end, "got " + std::to_string(mine.got) + " of " + std::to_string(peers.posted));
  }
}

void World::close_everything() {
  for (auto& process : processes) {
    for (EndId end : std::vector(process->held.begin(), process->held.end())) close(process->id, end);
  }
  settle();
  if (directory.channels() != 0) problem(0, std::to_string(directory.channels()) + " channels are left at the broker");
  for (auto& process : processes) {
    if (process->alive && process->ports.size() != 0) problem(0, "ends are left after everything was closed");
  }
}

// A channel that a hostile process could touch, or that travelled over one.
bool World::tainted(EndId end) const {
  std::vector<EndId> next{channel_of(end)};
  std::set<EndId> seen;
  while (!next.empty()) {
    EndId at = next.back();
    next.pop_back();
    if (touched_by_liar.contains(at)) return true;
    auto over = carried_on.find(at);
    if (!seen.insert(at).second || over == carried_on.end()) continue;
    next.insert(next.end(), over->second.begin(), over->second.end());
  }
  return false;
}

std::vector<Problem> World::problems() const {
  std::vector<Problem> counted;
  std::copy_if(problems_.begin(), problems_.end(), std::back_inserter(counted),
               [this](const Problem& problem) { return problem.channel == 0 || !tainted(problem.channel); });
  return counted;
}

std::string World::report() const {
  std::string text;
  for (const Problem& problem : problems()) text += problem.what + "\n";
  return text;
}

// ---- Faults

bool World::broken(Process& from, Record& record) {
  if (record.kind == RecordKind::fin) {
    bool answer = fins_.contains({peer_of(record.end), record.epoch});
    fins_.insert({record.end, record.epoch});
    return options.fault == Fault::drop_fin || (options.fault == Fault::drop_answer_fin && answer);
  }
  bool swap = options.fault == Fault::swap_data && record.kind == RecordKind::data && !from.data_up.empty() &&
              from.data_up.front().kind == RecordKind::data && from.data_up.front().end == record.end;
  if (swap) std::swap(record, from.data_up.front());
  return options.fault == Fault::drop_data && record.kind == RecordKind::data && record.epoch % 3 == 2;
}

bool World::broken(Process& from, Up& message) {
  if (options.fault == Fault::drop_drained) return std::holds_alternative<Drained>(message);
  if (options.fault == Fault::drop_mail_in) return std::holds_alternative<MailIn>(message);
  if (options.fault == Fault::drop_claim) return std::holds_alternative<Claim>(message);
  auto* release = std::get_if<Release>(&message);
  if (options.fault == Fault::split_mail && release && !release->in.empty()) {
    from.control_up.push_back(MailIn{release->end, release->epoch, std::exchange(release->in, {})});
  }
  return false;
}

// ---- Schedules

void Schedule::step() {
  Process& process = *world_.processes[random_.below(world_.processes.size())];
  if (odds_.kill && process.id != broker_node && random_.one_in(400)) world_.kill(process.id, random_);
  if (!process.alive) {
    if (!world_.deliver_up(process) && !world_.deliver_data_up(process)) world_.bury(process);
  } else if (process.id == world_.liar && random_.one_in(3)) {
    odds_.liar(process);
  } else if (random_.below(5) < 3) {
    deliver(process);
  } else {
    act(process);
  }
}

void Schedule::deliver(Process& process) {
  process.eager = random_.one_in(2);
  process.within_offer = [this](Process& at) {
    if (random_.one_in(4)) act(at);
  };
  switch (random_.below(5)) {
    case 0: world_.deliver_up(process); return;
    case 1: world_.deliver_down(process); return;
    case 2: world_.deliver_data_up(process); return;
    case 3: world_.deliver_data_down(process); return;
    default:
      process.full = random_.one_in(4);
      if (!process.full) process.ports.writable(broker_link);
  }
}

EndId Schedule::some_end(const Process& process) {
  if (process.held.empty()) return 0;
  return *std::next(process.held.begin(), static_cast<std::ptrdiff_t>(random_.below(process.held.size())));
}

void Schedule::act(Process& process) {
  EndId end = some_end(process);
  std::size_t all = 0;
  for (auto& other : world_.processes) all += other->held.size();
  std::size_t choice = random_.below(20);
  if (end == 0 || (choice == 0 && all < odds_.most_ends)) {
    world_.create(process.id);
  } else if (choice < 8) {
    post(process);
  } else if (choice < 12) {
    process.ports.start(end);
  } else if (choice < 19) {
    world_.take(process.id, end);
  } else if (odds_.close && random_.one_in(3)) {
    world_.close(process.id, end);
  }
}

void Schedule::post(Process& process) {
  EndId end = some_end(process);
  std::vector<EndId> ports;
  if (odds_.carry && random_.one_in(3)) {
    for (std::size_t n = 1 + random_.below(3); n > 0; --n) ports.push_back(some_end(process));
    auto old = [&](EndId port) { return world_.age[channel_of(port)] <= world_.age[channel_of(end)]; };
    if (!odds_.rings) std::erase_if(ports, old);
  }
  PostRoom room = random_.one_in(3) ? PostRoom::credit : PostRoom::outbox;
  world_.post(process.id, end, ports, room, random_.one_in(6) ? 500 : random_.below(60));
}

}  // namespace mullion::node::core::testing
