// What must hold in a world, at every step and at rest: I1 to I9 of ipc.md 5.6. I1, I2 and I3 are beside what they
// watch (World::got, World::handle_link).
#include <algorithm>

#include "model/world.hpp"

namespace mullion::node::core::model {

// After the call that closed it: by then the program has what that call gave. I5.
void World::check_closed(NodeId at) {
  for (EndId end : std::exchange(edit(at).just_closed, {})) {
    Ledger& mine = edit_ledger(end);
    std::uint64_t posted = ledger(peer_of(end)).posted;
    mine.stillborn = directory_->gone(end);
    bool whole = !mine.stillborn && history_->losses == 0 && !history_->refusals;
    if (whole && mine.reason == CloseReason::closed && mine.got != posted) {
      problem(end, "closed with " + std::to_string(mine.got) + " of " + std::to_string(posted));
    }
  }
}

// I8, as far as the broker's ledgers say.
void World::check_bounds() {
  if (!options().quotas) return;
  const Quotas& quotas = *options().quotas;
  for (NodeId id = broker_node; id <= last_node(); ++id) {
    bool fits = directory_->ends_of(id) <= quotas.ends + 1 && directory_->kept_of(id) <= quotas.kept_bytes &&
                directory_->links_of(id) <= quotas.links;
    if (!fits) problem(0, "node " + std::to_string(id) + " has more than its quota");
  }
}

// I4, I5 and I6, after drain().
void World::check_at_rest() {
  std::set<EndId> everywhere;
  for (NodeId id = broker_node; id <= last_node(); ++id) {
    const Process& process = this->process(id);
    if (directory_->kept_of(id) != 0) problem(0, "messages are charged and not there");
    if (!process.alive || id == liar) continue;
    check_process(process);
    everywhere.insert(process.held.begin(), process.held.end());
  }
  if (directory_->limbo() != 0) problem(0, std::to_string(directory_->limbo()) + " ends are in limbo");
  if (directory_->letters() != 0) problem(0, std::to_string(directory_->letters()) + " messages wait for nobody");
  for (EndId end : everywhere) check_channel(end, everywhere.contains(peer_of(end)));
}

void World::check_honest_channels() {
  std::set<EndId> honest;
  for (NodeId id = broker_node; id <= last_node(); ++id) {
    if (id == liar) continue;
    for (EndId end : process(id).held) {
      if (!tainted(end)) honest.insert(end);
    }
  }
  for (EndId end : honest) check_channel(end, honest.contains(peer_of(end)));
}

void World::check_ends_of_liars_links() {
  for (const DirectLink& link : links_) {
    if (!link.has(liar)) continue;
    NodeId honest = link.nodes[1 - link.side(liar)];
    auto open = [&](const DirectLink& other) {
      return other.has(liar) && other.has(honest) && !other.ended[0] && !other.ended[1];
    };
    if (std::any_of(links_.begin(), links_.end(), open)) continue;
    for (EndId end : process(honest).held) {
      bool touched = history_->touched_by_liar.contains(channel_of(end));
      if (touched && !process(honest).ports.closed(end)) {
        problem(0, name(end) + " waits for the last word of a process that was caught lying");
      }
    }
  }
}

void World::check_process(const Process& process) {
  if (!process.ports.quiet()) problem(0, "node " + std::to_string(process.id) + " is not at rest");
  if (!process.paused.empty() || !process.told_over.empty()) problem(0, "a link is held back for nothing");
  if (process.ports.size() != process.held.size()) problem(0, "a process has ends that its program does not know");
  auto open =
      std::count_if(process.held.begin(), process.held.end(), [&](EndId end) { return !process.ports.closed(end); });
  if (directory_->ends_of(process.id) != static_cast<std::size_t>(open)) problem(0, "the ledger of ends is wrong");
  auto links = std::count_if(links_.begin(), links_.end(), [&](const DirectLink& link) {
    return link.has(process.id) && !link.ended[0] && !link.ended[1];
  });
  if (directory_->links_of(process.id) != static_cast<std::size_t>(links)) problem(0, "the ledger of links is wrong");
}

void World::check_channel(EndId end, bool peer_is_here) {
  const Ledger& mine = ledger(end);
  const Ledger& peers = ledger(peer_of(end));
  if (mine.got < peers.bound_in && !history_->refusals && !mine.stillborn) {
    problem(end,
            "got " + std::to_string(mine.got) + " though " + std::to_string(peers.bound_in) + " were safe from loss");
  }
  if (!peer_is_here && mine.closed != 1) problem(end, "was not told that its peer is gone");
  if (!peer_is_here) return;
  if (mine.closed != peers.closed) problem(end, "only one of two ends that are there is closed");
  if (mine.closed && history_->losses == 0 && !history_->refusals && !history_->rings) {
    problem(end, "closed although nobody closed it");
  }
  if (!mine.closed && mine.got != peers.posted) {
    problem(end, "got " + std::to_string(mine.got) + " of " + std::to_string(peers.posted));
  }
}

void World::close_everything() {
  for (NodeId id = broker_node; id <= last_node(); ++id) {
    for (EndId end : std::vector(process(id).held.begin(), process(id).held.end())) close(id, end);
  }
  settle();
  if (directory_->channels() != 0)
    problem(0, std::to_string(directory_->channels()) + " channels are left at the broker");
  for (NodeId id = broker_node; id <= last_node(); ++id) {
    bool left = process(id).alive && (process(id).ports.size() != 0 || !process(id).ports.quiet());
    if (left) problem(0, "something is left of node " + std::to_string(id) + " after everything was closed");
  }
}

// A channel that a hostile process could touch, or that travelled over one.
bool World::tainted(EndId end) const {
  std::vector<EndId> next{channel_of(end)};
  std::set<EndId> seen;
  while (!next.empty()) {
    EndId at = next.back();
    next.pop_back();
    if (history_->touched_by_liar.contains(at)) return true;
    auto over = history_->carried_on.find(at);
    if (!seen.insert(at).second || over == history_->carried_on.end()) continue;
    next.insert(next.end(), over->second.begin(), over->second.end());
  }
  return false;
}

std::vector<Problem> World::problems() const {
  std::vector<Problem> counted;
  std::copy_if(history_->problems.begin(), history_->problems.end(), std::back_inserter(counted),
               [this](const Problem& problem) { return problem.channel == 0 || !tainted(problem.channel); });
  return counted;
}

std::string World::report() const {
  std::string text;
  for (const Problem& problem : problems()) text += problem.what + "\n";
  return text;
}

}  // namespace mullion::node::core::model
