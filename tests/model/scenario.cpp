#include "model/scenario.hpp"

#include <algorithm>

namespace mullion::node::core::model {

Scenario too_much_unread() {
  Scenario scenario{.name = "too much unread",
                    .channels = {{1, 2}, {1, 3}},
                    .ends = {{0, 1, 1}, {3}},
                    .carriers = {1},
                    .wait_to_take = true};
  scenario.world.quotas = Quotas{.kept_bytes = 2 * sizeof(Parcel) + 100, .window_bytes = 0, .window_messages = 0};
  return scenario;
}

Position::Position(const Scenario& scenario) : scenario_(&scenario), world_(scenario.world) {
  for (NodeId child = broker_node + 1; child <= world_.last_node(); ++child) world_.connect(broker_node, child);
  for (auto [a, b] : scenario.channels) {
    auto ends = world_.channel(a, b);
    ends_.insert(ends_.end(), {ends.first, ends.second});
  }
  if (scenario.lies > 0 || scenario.world.quotas) world_.edit_history().refusals = true;
  if (scenario.lies > 0) world_.liar = world_.last_node();
  for (NodeId child = broker_node + 1; child <= world_.last_node(); ++child) {
    world_.close(broker_node, boot_end_of_parent(child));
    world_.drain();
    world_.close(child, boot_end_of_child(child));
  }
  world_.drain();
  world_.edit_history().rings = scenario.carries > 0;
  for (EndId end : world_.liar ? world_.process(world_.liar).held : std::set<EndId>{}) {
    world_.edit_history().touched_by_liar.insert(channel_of(end));
  }
  left_ = {scenario.ends,    scenario.moves,  scenario.closes, scenario.carries,
           scenario.crashes, scenario.breaks, scenario.lies};
  left_.ends.resize(ends_.size());
}

std::vector<Event> Position::events() const {
  std::vector<Event> out;
  deliveries(out);
  for (NodeId at = broker_node; at <= world_.last_node(); ++at) {
    if (world_.process(at).alive) programs(at, out);
  }
  misfortunes(out);
  if (left_.lies > 0 && world_.process(world_.liar).alive) hostilities(out);
  return out;
}

bool Position::rests() const {
  std::vector<Event> out;
  deliveries(out);
  return out.empty();
}

void Position::deliveries(std::vector<Event>& out) const {
  for (NodeId at = broker_node; at <= world_.last_node(); ++at) {
    for (Way way : {Way::control_up, Way::data_up, Way::control_down, Way::data_down}) {
      if (world_.deliverable(at, way)) out.push_back({.kind = Event::Kind::deliver, .way = way, .at = at});
    }
    for (const DirectLink& link : world_.links()) {
      if (!world_.deliverable(at, Way::direct, link.id)) continue;
      out.push_back({.kind = Event::Kind::deliver, .way = Way::direct, .at = at, .link = link.id});
    }
    const Process& process = world_.process(at);
    bool mourned = world_.lines(at).control_up.empty() && world_.lines(at).data_up.empty();
    if (!process.alive && !process.gone && mourned) out.push_back({.kind = Event::Kind::bury, .at = at});
  }
}

void Position::programs(NodeId at, std::vector<Event>& out) const {
  const Process& process = world_.process(at);
  for (EndId end : process.held) {
    if (waits(end) && process.ports.has_message(end)) out.push_back({.kind = Event::Kind::take, .at = at, .end = end});
    std::size_t i = index(end);
    May may = i < ends_.size() ? left_.ends[i] : May{};
    if (may.post) out.push_back({.kind = Event::Kind::post, .at = at, .end = end});
    if (may.close && left_.closes) out.push_back({.kind = Event::Kind::close, .at = at, .end = end});
    for (EndId over : process.held) {
      bool moves = may.move && left_.moves && carries(over) && channel_of(over) != channel_of(end);
      if (over == end || (!moves && !left_.carries)) continue;
      out.push_back({.kind = Event::Kind::move, .at = at, .end = end, .over = over, .choice = moves ? 0u : 1u});
    }
  }
}

void Position::misfortunes(std::vector<Event>& out) const {
  for (NodeId at = broker_node + 1; left_.crashes && at <= world_.last_node(); ++at) {
    if (!world_.process(at).alive || !mortal(at)) continue;
    for (std::size_t cut = world_.cuts(at); cut > 0; --cut) {
      out.push_back({.kind = Event::Kind::crash, .at = at, .choice = cut - 1});
    }
  }
  for (const DirectLink& link : world_.links()) {
    for (std::size_t cut = left_.breaks ? world_.link_cuts(link.id) : 0; cut > 0; --cut) {
      out.push_back({.kind = Event::Kind::break_link, .link = link.id, .choice = cut - 1});
    }
  }
}

void Position::hostilities(std::vector<Event>& out) const {
  auto all = scenario_->lying == Lying::nowhere ? std::vector<std::shared_ptr<const Lie>>{} : lies(world_);
  for (auto& lie : all) {
    if (scenario_->lying == Lying::on_links && lie->link == broker_link) continue;
    out.push_back({.kind = Event::Kind::lie, .at = world_.liar, .lie = std::move(lie)});
  }
  const Lines& lines = world_.lines(world_.liar);
  if (!lines.control_up.empty())
    out.push_back({.kind = Event::Kind::forget, .way = Way::control_up, .at = world_.liar});
  if (!lines.data_up.empty()) out.push_back({.kind = Event::Kind::forget, .way = Way::data_up, .at = world_.liar});
  for (const DirectLink& link : world_.links()) {
    bool silent = !link.has(world_.liar) || link.to[1 - link.side(world_.liar)].empty();
    if (!silent) out.push_back({.kind = Event::Kind::forget, .way = Way::direct, .at = world_.liar, .link = link.id});
  }
}

bool Position::apply(const Event& event) {
  May spare;
  May& may = index(event.end) < ends_.size() ? left_.ends[index(event.end)] : spare;
  bool done = true;
  switch (event.kind) {
    case Event::Kind::deliver:
      done = world_.deliver(event.at, event.way, event.link);
      break;
    case Event::Kind::bury:
      done = world_.bury(event.at);
      break;
    case Event::Kind::take:
      done = world_.take(event.at, event.end);
      break;
    case Event::Kind::post:
      --may.post;
      done = world_.post(event.at, event.end, {}, PostRoom::outbox, 0, scenario_->attachments).has_value();
      break;
    case Event::Kind::move:
      if (event.choice == 0) --may.move, --left_.moves;
      if (event.choice == 1) --left_.carries;
      done = world_.post(event.at, event.over, {event.end}).has_value();
      break;
    case Event::Kind::close:
      --may.close, --left_.closes;
      world_.close(event.at, event.end);
      break;
    case Event::Kind::crash:
      --left_.crashes;
      world_.kill(event.at, event.choice);
      break;
    case Event::Kind::break_link:
      --left_.breaks;
      world_.break_link(event.link, event.choice);
      break;
    case Event::Kind::lie:
      --left_.lies;
      tell_lie(world_, *event.lie);
      break;
    case Event::Kind::forget:
      --left_.lies;
      world_.forget(event.at, event.way, event.link);
      break;
  }
  take_what_does_not_wait();
  return done;
}

// A program that has messages to wait for nothing takes them as they come.
void Position::take_what_does_not_wait() {
  for (NodeId at = broker_node; at <= world_.last_node(); ++at) {
    bool again = world_.process(at).alive;
    while (std::exchange(again, false)) {
      for (EndId end : world_.process(at).held) {
        const Ports& ports = world_.process(at).ports;
        if (!ports.started(end)) {
          world_.start(at, end);
          again = true;
          break;
        }
        if (!waits(end) && ports.has_message(end)) {
          world_.take(at, end);
          again = true;
          break;
        }
      }
    }
  }
}

bool Position::waits(EndId end) const {
  if (scenario_->wait_to_take) return true;
  std::size_t of_peer = index(peer_of(end));
  return of_peer < ends_.size() && scenario_->ends.size() > of_peer && scenario_->ends[of_peer].post > 0;
}

bool Position::carries(EndId over) const {
  const auto& carriers = scenario_->carriers;
  return std::find(carriers.begin(), carriers.end(), index(over) / 2) != carriers.end();
}

std::size_t Position::index(EndId end) const {
  return static_cast<std::size_t>(std::find(ends_.begin(), ends_.end(), end) - ends_.begin());
}

bool Position::mortal(NodeId id) const {
  const auto& mortal = scenario_->mortal;
  return mortal.empty() || std::find(mortal.begin(), mortal.end(), id) != mortal.end();
}

// With a hostile process: first while it lives, then without it.
void Position::finish() {
  world_.drain();
  if (world_.liar) {
    world_.check_honest_channels();
    if (scenario_->lying == Lying::on_links && left_.moves == scenario_->moves) world_.check_ends_of_liars_links();
    if (world_.process(world_.liar).alive) world_.kill(world_.liar, world_.cuts(world_.liar) - 1);
    world_.drain();
  }
  world_.check_at_rest();
  world_.close_everything();
}

Digest Position::digest() const {
  Digest out = world_.digest();
  for (const May& may : left_.ends) out.add(may.post * 65536u + may.move * 256u + may.close);
  out.add(left_.moves * 65536u + left_.closes * 256u + left_.carries);
  out.add(left_.crashes * 65536u + left_.breaks * 256u + left_.lies);
  return out;
}

std::string Position::tell(const Event& event) const {
  std::string node = "node " + std::to_string(event.at);
  switch (event.kind) {
    case Event::Kind::deliver:
      return world_.tell(event.at, event.way, event.link);
    case Event::Kind::bury:
      return "the broker sees that " + node + " is gone";
    case Event::Kind::take:
      return node + " takes from " + name(event.end);
    case Event::Kind::post:
      return node + " posts to " + name(event.end);
    case Event::Kind::move:
      return node + " sends " + name(event.end) + " over " + name(event.over);
    case Event::Kind::close:
      return node + " closes " + name(event.end);
    case Event::Kind::crash:
      return node + " dies, cut " + std::to_string(event.choice);
    case Event::Kind::break_link:
      return "link " + std::to_string(event.link) + " breaks, cut " + std::to_string(event.choice);
    case Event::Kind::lie:
      return node + " lies: " + tell_of(*event.lie);
    case Event::Kind::forget:
      return node + " swallows a packet";
  }
  return {};
}

}  // namespace mullion::node::core::model
