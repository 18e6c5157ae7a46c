// Links between children: made when a channel first needs one, ended with either process or when either says so.
#include <algorithm>
#include <limits>

#include "node/core/directory.hpp"

namespace mullion::node::core {
namespace {

constexpr std::uint8_t most_failures = 3;  // of two processes that both live; then they are strangers
constexpr std::size_t most_over = 1024;    // links that are remembered after their end

}  // namespace

// Where the two ends of a channel meet. Nothing: they may not.
std::optional<LinkId> Directory::choose_link(NodeId a, NodeId b) {
  if (a == b) return self_link;
  if (a == broker_node || b == broker_node) return broker_link;
  auto known = pairs_.find(std::minmax(a, b));
  if (known == pairs_.end()) return introduce(a, b);
  if (known->second.link != 0) return known->second.link;
  if (known->second.failures >= most_failures) return std::nullopt;
  return introduce(a, b);
}

// Through the broker where a link of their own cannot be had.
LinkId Directory::introduce(NodeId a, NodeId b) {
  Node &first = nodes_.at(a), &second = nodes_.at(b);
  bool room = first.links < first.quotas.links && second.links < second.quotas.links;
  if (!room || last_link_ == std::numeric_limits<LinkId>::max()) return broker_link;
  if (!sink_->introduce(a, b, last_link_ + 1)) return broker_link;
  ++first.links;
  ++second.links;
  links_[++last_link_] = std::minmax(a, b);
  pairs_[std::minmax(a, b)].link = last_link_;
  return last_link_;
}

// Either may end it whenever it likes, so what it says of the other is told and not believed.
Verdict Directory::handle(NodeId from, Node&, LinkFailed& failed) {
  if (!is_direct(failed.link) || failed.link > last_link_) {
    return std::unexpected(Violation{from, "spoke of a link that was never made"});
  }
  auto link = links_.find(failed.link);
  if (link == links_.end()) return hear_late(from, failed);
  const auto [a, b] = link->second;
  if (from != a && from != b) return std::unexpected(Violation{from, "spoke of a link that is not its own"});
  ++pairs_.at(link->second).failures;
  end_link(failed.link, failed.lie ? CloseReason::protocol : CloseReason::peer_exited);
  sink_->quarrel(from, from == a ? b : a, failed);
  return {};
}

// The other ended the link, or died, before this was known.
Verdict Directory::hear_late(NodeId from, const LinkFailed& failed) {
  auto link = over_.find(failed.link);
  if (link == over_.end()) return {};
  const auto [a, b] = link->second;
  if (from != a && from != b) return std::unexpected(Violation{from, "spoke of a link that is not its own"});
  if (!failed.lie) return {};
  over_.erase(link);
  sink_->quarrel(from, from == a ? b : a, failed);
  return {};
}

void Directory::end_link(LinkId id, CloseReason reason) {
  auto link = links_.extract(id);
  over_[id] = link.mapped();
  if (over_.size() > most_over) over_.erase(over_.begin());
  pairs_.at(link.mapped()).link = 0;
  for (NodeId node : {link.mapped().first, link.mapped().second}) {
    --nodes_.at(node).links;
    if (nodes_.at(node).alive) sink_->down(node, LinkOver{id});
  }
  for (auto& [first, channel] : channels_) {
    if (channel.link == id) channel.reason_if_lost = reason;
  }
}

void Directory::end_links_of(NodeId node, CloseReason reason) {
  for (auto at = pairs_.begin(); at != pairs_.end();) {
    const auto& [pair, state] = *at;
    if (pair.first != node && pair.second != node) {
      ++at;
      continue;
    }
    if (state.link != 0) end_link(state.link, reason);
    at = pairs_.erase(at);
  }
}

}  // namespace mullion::node::core
