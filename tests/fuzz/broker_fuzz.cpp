// A broker with an honest child and one that says anything; or a child whose broker says anything. The honest child
// must be served afterwards, and nobody may crash.
#include <cstring>
#include <memory>

#include "feed.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/node/broker.hpp"
#include "node/node_link.hpp"
#include "targets.hpp"

namespace {

using namespace mullion;
using namespace mullion::node;
using fuzz::Feed;
using transport::Link;

constexpr int most_steps = 64;

// Says what the feed tells it to, and forgets what it hears.
class Liar final : public transport::LinkHandler {
 public:
  Liar(std::unique_ptr<Link> link, NodeId self) : link_(std::move(link)), self_(self) { link_->start(*this); }

  void step(Feed& feed, NodeId other) {
    switch (feed.below(8)) {
      case 0:
        return control(feed.piece(feed.number<std::uint16_t>() % 2048));
      case 1:
        return record(feed, static_cast<std::uint16_t>(feed.byte()), feed.number<std::uint64_t>());
      case 2:
        return record(feed, static_cast<std::uint16_t>(feed.byte() % 6), end(feed, other));
      case 3:
        return control(Written(up(feed, other)).bytes());
      case 4:
        return control(Written(down(feed, other)).bytes());
      case 5:
        return control(Written(feed.piece(feed.byte()), feed.byte() % 2 != 0).bytes());
      case 6:
        return control(Written(Written::Farewell{}).bytes());
      default:
        return make(feed);
    }
  }

 private:
  bool on_record(const transport::RecordHeader&, Bytes) override { return true; }
  void on_control(Bytes, std::vector<UniqueFd>) override {}
  void on_closed(const Error&) override {}

  void control(Bytes bytes) { (void)link_->send_control(bytes); }
  void record(Feed& feed, std::uint16_t kind, EndId end) {
    const transport::RecordHeader header{.port = end,
                                         .epoch = feed.byte() % 4u,
                                         .kind = kind,
                                         .flags = static_cast<std::uint16_t>(feed.byte() % 4 ? 0 : feed.byte() % 8)};
    const Bytes parts[] = {feed.piece(feed.byte())};
    (void)link_->send(header, parts);
  }
  void make(Feed& feed) {
    control(Written(core::Up(core::Create{make_end(self_, ++made_, 0)})).bytes());
    (void)feed;
  }
  // One of its own, of main's, of the other's, or none that there is.
  EndId end(Feed& feed, NodeId other) {
    switch (feed.below(8)) {
      case 0:
        return boot_end_of_parent(self_);
      case 1:
        return boot_end_of_child(other);
      case 2:
        return boot_end_of_parent(other);
      case 3:
        return make_end(other, feed.byte() % 4, feed.byte());
      case 4:
        return feed.number<std::uint64_t>();
      case 5:
        return boot_end_of_child(self_);
      default:
        return make_end(self_, feed.byte() % 4, feed.byte());
    }
  }
  core::Mail mail(Feed& feed, NodeId other) {
    core::Mail mail;
    for (std::uint32_t i = feed.below(3); i > 0; --i) {
      const Bytes body = feed.piece(feed.byte() % 16);
      auto& parcel = mail.emplace_back();
      parcel.body.assign(body.begin(), body.end());
      if (feed.below(4) == 0) parcel.ports.push_back({end(feed, other), feed.byte() % 4u});
    }
    return mail;
  }
  core::Up up(Feed& feed, NodeId other) {
    const EndId one = end(feed, other), two = end(feed, other);
    const core::Epoch epoch = feed.byte() % 4u;
    const core::Token token = feed.byte() % 4u;
    switch (feed.below(6)) {
      case 0:
        return core::Release{one, epoch, token, two, mail(feed, other), mail(feed, other)};
      case 1:
        return core::Claim{one, token, two};
      case 2:
        return core::MailIn{one, epoch, mail(feed, other)};
      case 3:
        return core::MailOut{one, epoch, mail(feed, other)};
      case 4:
        return core::Drained{one, epoch, feed.byte() % 2 != 0};
      default:
        return core::Close{one, epoch, static_cast<CloseReason>(feed.byte() % 4), mail(feed, other)};
    }
  }
  core::Down down(Feed& feed, NodeId other) {
    const EndId one = end(feed, other);
    const core::Epoch epoch = feed.byte() % 4u;
    switch (feed.below(4)) {
      case 0: {
        const core::LinkId link = feed.byte() % 4u;
        return core::Open{one, epoch, link, mail(feed, other), mail(feed, other)};
      }
      case 1: {
        core::OpenLocal word{.end = one, .epoch = epoch};
        for (auto* side : {&word.in[0], &word.in[1], &word.out[0], &word.out[1]}) *side = mail(feed, other);
        return word;
      }
      case 2:
        return core::CloseFinal{one, epoch, static_cast<CloseReason>(feed.byte() % 4), mail(feed, other)};
      default:
        return core::ReleaseAck{one};
    }
  }

  std::unique_ptr<Link> link_;
  NodeId self_;
  std::uint64_t made_ = 0;
};

void turns(Loop& loop, int count) {
  for (int i = 0; i < count; ++i) loop.dispatch();
}

// The honest ones use what they have, with ports in messages.
void use(Feed& feed, Node& node, EndId boot, std::vector<EndId>& kept) {
  switch (feed.below(5)) {
    case 0:
      (void)node.post(boot, Bytes(), {});
      break;
    case 1:
      if (auto ends = node.create_channel()) {
        kept.push_back(ends->first);
        if (!node.post(boot, Bytes(), std::span(&ends->second, 1))) kept.push_back(ends->second);
      }
      break;
    case 2:
      node.start(boot);
      if (auto got = node.take(boot)) kept.insert(kept.end(), got->ports.begin(), got->ports.end());
      break;
    case 3:
      if (!kept.empty())
        node.start(kept.back()), (void)node.take(kept.back()), (void)node.post(kept.back(), Bytes(), {});
      break;
    default:
      if (!kept.empty()) node.close(kept.back()), kept.pop_back();
  }
}

void against_broker(Feed& feed, Loop& loop) {
  auto broker = std::move(*Broker::create(loop, {.undumpable = false}));
  auto [ours, theirs] = Link::in_process(loop, loop, {});
  auto [liars, to_liar] = Link::in_process(loop, loop, {});
  const auto honest = broker->adopt(std::move(ours), "honest", {});
  const auto liar = broker->adopt(std::move(to_liar), "liar", {});
  if (!honest || !liar) return;
  auto child = std::move(*ChildNode::join(loop, std::move(theirs), *honest));
  Liar hostile(std::move(liars), *liar);
  std::vector<EndId> mains, childs;
  for (int i = 0; i < most_steps && !feed.empty(); ++i) {
    switch (feed.below(4)) {
      case 0:
        turns(loop, 1);
        break;
      case 1:
        use(feed, broker->node(), broker->boot_end(feed.byte() % 2 ? *honest : *liar), mains);
        break;
      case 2:
        use(feed, child->node(), child->boot_end(), childs);
        break;
      default:
        hostile.step(feed, *honest);
    }
  }
  turns(loop, 8);
  auto ends = broker->node().create_channel();
  if (!ends || !broker->node().post(broker->boot_end(*honest), Bytes(), std::span(&ends->second, 1))) __builtin_trap();
  child->node().start(child->boot_end());
  bool served = false;
  for (int i = 0; i < 100 && !served; ++i) {
    turns(loop, 1);
    while (auto got = child->node().take(child->boot_end()))
      served = served || (!got->ports.empty() && got->ports.back() == ends->second);
  }
  if (!served) __builtin_trap();
}

void against_child(Feed& feed, Loop& loop) {
  constexpr NodeId self = 2, other = 3;
  auto [theirs, ours] = Link::in_process(loop, loop, {});
  auto child = std::move(*ChildNode::join(loop, std::move(ours), self));
  Liar hostile(std::move(theirs), self);
  std::vector<EndId> kept;
  for (int i = 0; i < most_steps && !feed.empty(); ++i) {
    switch (feed.below(3)) {
      case 0:
        turns(loop, 1);
        break;
      case 1:
        use(feed, child->node(), child->boot_end(), kept);
        break;
      default:
        hostile.step(feed, other);
    }
  }
  turns(loop, 4);
}

}  // namespace

void broker_fuzz(FuzzBytes input) {
  static const std::unique_ptr<Loop> loop = std::move(*Loop::create());
  Feed feed(input);
  feed.byte() % 2 ? against_child(feed, *loop) : against_broker(feed, *loop);
  turns(*loop, 4);
}
