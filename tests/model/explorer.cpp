#include "model/explorer.hpp"

#include <utility>

namespace mullion::node::core::model {
namespace {

// How a position came about; shared by those that follow from it.
struct Step {
  Event event{};
  std::shared_ptr<const Step> before{};
};
using Past = std::shared_ptr<const Step>;

class Explorer {
 public:
  Explorer(const Scenario& scenario, std::size_t most) : scenario_(scenario) {
    open_.push_back({Position(scenario), nullptr});
    judge(open_.back().position, nullptr);
    while (!open_.empty() && found_.problem.empty() && seen_.size() < most) {
      Node node = std::move(open_.back());
      open_.pop_back();
      expand(node);
    }
    found_.states = seen_.size();
    found_.complete = open_.empty();
  }

  Found found() && { return std::move(found_); }

 private:
  struct Node {
    Position position;
    Past past;
  };

  void expand(const Node& node) {
    for (const Event& event : node.position.events()) {
      Position next = node.position;
      ++found_.steps;
      if (!next.apply(event)) continue;
      bool known = !seen_.insert(next.digest());
      if (known && next.world().fine()) continue;
      Past past = std::make_shared<const Step>(Step{event, node.past});
      judge(next, past);
      open_.push_back({std::move(next), std::move(past)});
    }
    if (node.position.rests()) finish(node);
  }

  void finish(const Node& node) {
    ++found_.rests;
    Position last = node.position;
    last.finish();
    judge(last, node.past);
  }

  void judge(const Position& position, const Past& past) {
    if (!position.world().fine() && found_.problem.empty()) found_.problem = position.world().report() + story(past);
  }

  std::string story(const Past& past) const {
    std::vector<Event> events;
    for (const Step* step = past.get(); step; step = step->before.get()) events.push_back(step->event);
    std::string text;
    Position position(scenario_);
    for (; !events.empty(); events.pop_back()) {
      text += "  " + position.tell(events.back()) + "\n";
      position.apply(events.back());
    }
    return text;
  }

  const Scenario& scenario_;
  std::vector<Node> open_{};
  Seen seen_{};
  Found found_{};
};

}  // namespace

bool Seen::insert(Digest digest) {
  if (digest == Digest{0, 0}) digest.a = 1;
  if (size_ * 4 >= table_.size() * 3) grow();
  std::size_t mask = table_.size() - 1;
  for (std::size_t at = digest.a & mask;; at = (at + 1) & mask) {
    if (table_[at] == digest) return false;
    if (table_[at] != Digest{0, 0}) continue;
    table_[at] = digest;
    ++size_;
    return true;
  }
}

void Seen::grow() {
  auto old = std::exchange(table_, std::vector<Digest>(table_.size() * 2, Digest{0, 0}));
  std::size_t mask = table_.size() - 1;
  for (const Digest& digest : old) {
    if (digest == Digest{0, 0}) continue;
    std::size_t at = digest.a & mask;
    while (table_[at] != Digest{0, 0}) at = (at + 1) & mask;
    table_[at] = digest;
  }
}

Found explore(const Scenario& scenario, std::size_t most) { return Explorer(scenario, most).found(); }

}  // namespace mullion::node::core::model
