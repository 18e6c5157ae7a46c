#include "model/schedule.hpp"

#include <algorithm>
#include <iterator>

#include "model/liar.hpp"

namespace mullion::node::core::model {

Schedule::Schedule(World& world, Choice& choice, Odds odds) : world_(world), choice_(choice), odds_(std::move(odds)) {
  world.edit_history().rings = odds_.rings && odds_.carry;
}

void Schedule::step() {
  NodeId at = broker_node + static_cast<NodeId>(choice_.below(world_.last_node()));
  if (misfortune(at)) return;
  if (!world_.process(at).alive) {
    if (!world_.deliver(at, Way::control_up) && !world_.deliver(at, Way::data_up)) world_.bury(at);
  } else if (at == world_.liar && odds_.liar && choice_.one_in(3)) {
    odds_.liar(at);
  } else if (choice_.below(5) < 3) {
    deliver(at);
  } else {
    act(at);
  }
}

bool Schedule::misfortune(NodeId at) {
  if (odds_.kill && at != broker_node && world_.process(at).alive && choice_.one_in(odds_.kill)) {
    world_.kill(at, choice_.below(world_.cuts(at)));
    return true;
  }
  if (!odds_.break_link || world_.links().empty() || !choice_.one_in(odds_.break_link)) return false;
  const DirectLink& link =
      world_.links()[world_.links().size() - 1 - choice_.below(std::min<std::size_t>(world_.links().size(), 6))];
  std::size_t cuts = world_.link_cuts(link.id);
  if (cuts == 0) return false;
  world_.break_link(link.id, choice_.below(cuts));
  return true;
}

void Schedule::deliver(NodeId at) {
  Process& process = world_.edit(at);
  process.eager = choice_.one_in(2);
  process.within_offer = [this](Process& offered) {
    if (choice_.one_in(4)) act(offered.id);
  };
  if (choice_.one_in(8)) {
    process.full = choice_.one_in(4);
    if (!process.full) world_.writable(at);
    return;
  }
  std::vector<std::pair<Way, LinkId>> ways;
  for (Way way : {Way::control_up, Way::control_down, Way::data_up, Way::data_down}) {
    if (world_.deliverable(at, way)) ways.push_back({way, broker_link});
  }
  for (const DirectLink& link : world_.links()) {
    if (world_.deliverable(at, Way::direct, link.id)) ways.push_back({Way::direct, link.id});
  }
  if (ways.empty()) return;
  auto [way, link] = ways[choice_.below(ways.size())];
  world_.deliver(at, way, link);
}

EndId Schedule::some_end(NodeId at) {
  const std::set<EndId>& held = world_.process(at).held;
  if (held.empty()) return 0;
  return *std::next(held.begin(), static_cast<std::ptrdiff_t>(choice_.below(held.size())));
}

void Schedule::act(NodeId at) {
  EndId end = some_end(at);
  std::size_t all = 0;
  for (NodeId id = broker_node; id <= world_.last_node(); ++id) all += world_.process(id).held.size();
  std::size_t choice = choice_.below(20);
  if (end == 0 || (choice == 0 && all < odds_.most_ends)) {
    world_.create(at);
  } else if (choice < 8) {
    post(at);
  } else if (choice < 12) {
    world_.start(at, end);
  } else if (choice < 19) {
    world_.take(at, end);
  } else {
    end_something(at, end);
  }
}

// A closed end is of no use any more; a live one only sometimes not.
void Schedule::end_something(NodeId at, EndId end) {
  bool over = world_.process(at).ports.closed(end).has_value();
  if (over || (odds_.close && choice_.one_in(3))) world_.close(at, end);
}

void Schedule::post(NodeId at) {
  EndId end = some_end(at);
  std::vector<EndId> ports;
  if (odds_.carry && choice_.one_in(3)) {
    for (std::size_t n = 1 + choice_.below(3); n > 0; --n) ports.push_back(some_end(at));
    const auto& ages = world_.history().age;
    auto age = [&](EndId of) { return ages.contains(channel_of(of)) ? ages.at(channel_of(of)) : 0; };
    auto old = [&](EndId port) { return age(port) <= age(end); };
    if (!odds_.rings) std::erase_if(ports, old);
  }
  PostRoom room = choice_.one_in(3) ? PostRoom::credit : PostRoom::outbox;
  world_.post(at, end, ports, room, choice_.one_in(6) ? 500 : choice_.below(60),
              choice_.one_in(5) ? 1 + choice_.below(2) : 0);
}

void connect_all(World& world) {
  for (NodeId child = broker_node + 1; child <= world.last_node(); ++child) world.connect(broker_node, child);
  for (NodeId child = broker_node + 1; child < world.last_node(); ++child) world.channel(child, child + 1);
}

std::string run_schedule(std::span<const std::byte> bytes) {
  Choice choice(bytes);
  WorldOptions options{.nodes = 2 + choice.below(3)};
  options.direct = static_cast<Direct>(choice.below(3));
  options.merged = choice.one_in(2);
  if (choice.one_in(4)) options.window_bytes = options.window_messages = 0;
  World world(options);
  connect_all(world);
  Odds odds{.kill = choice.one_in(2) ? 60u : 0u, .break_link = choice.one_in(3) ? 60u : 0u};
  Liar liar(world, choice);
  if (choice.one_in(3)) {
    world.liar = world.last_node();
    world.cut_off = choice.one_in(2);
    odds.liar = [&liar](NodeId at) { liar.step(at); };
    liar.begin(world.liar);
  }
  Schedule schedule(world, choice, odds);
  while (!choice.over() && world.fine()) schedule.step();
  if (world.liar) liar.end(world.liar);
  world.drain();
  world.check_at_rest();
  world.close_everything();
  if (world.attached() != 0) world.problem(0, "attachments are left after everything was closed");
  return world.report();
}

}  // namespace mullion::node::core::model
