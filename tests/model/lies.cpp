#include "model/lies.hpp"

#include <algorithm>

namespace mullion::node::core::model {
namespace {

Parcel parcel(const Parcel& plain, Carried carried) { return {.body = plain.body, .ports = {carried}}; }

class Vocabulary {
 public:
  explicit Vocabulary(const World& world) : world_(world) {
    for (const auto& [channel, age] : world.history().age) {
      if (count_of(channel) != 0) ends_.insert(ends_.end(), {channel, peer_of(channel)});  // boot channels are closed
    }
    find_tokens(world.lines(world.liar).data_down);
    find_tokens(world.lines(world.liar).control_up);
    for (const DirectLink& link : world.links()) {
      if (link.has(world.liar)) find_tokens(link.to[link.side(world.liar)]);
      if (world.may_say(world.liar, link)) links_.push_back(link.id);
    }
    for (EndId guess : {ends_.front(), ends_.back()}) carried_.push_back({guess, 7});
  }

  std::vector<std::shared_ptr<const Lie>> all() {
    for (EndId end : ends_) {
      for (Epoch epoch : epochs(end)) of(end, epoch);
      say(Close{.end = end, .epoch = 1});
      for (const Carried& carried : carried_) say(Claim{carried.end, carried.token, end});
      for (const Carried& carried : carried_) say(Check{end, 1, {carried}});
    }
    for (const DirectLink& link : world_.links()) {
      for (bool lie : {false, true}) say(LinkFailed{link.id, lie, "it says"});
    }
    say(Create{make_end(world_.liar, 1000, 0)});
    say(Create{make_end(2, 1000, 0)});
    return std::move(lies_);
  }

 private:
  void find_tokens(const Stream& stream) {
    for (std::size_t i = 0; i < stream.size(); ++i) {
      if (auto* record = std::get_if<Record>(&stream[i]->word)) {
        carried_.insert(carried_.end(), record->ports.begin(), record->ports.end());
      }
    }
  }

  // Those that have begun, as far as anybody heard, and the next.
  std::vector<Epoch> epochs(EndId end) const {
    Epoch now = std::max({Epoch{1}, world_.ledger(end).heard, world_.ledger(peer_of(end)).heard});
    return {now, now + 1};
  }

  void of(EndId end, Epoch epoch) {
    Parcel plain{write({end, 99})};
    for (bool lossy : {false, true}) say(Drained{end, epoch, lossy});
    say(MailIn{end, epoch, {plain}});
    say(MailOut{end, epoch, {plain}});
    for (const Carried& carried : carried_) {
      say(MailIn{end, epoch, {parcel(plain, carried)}});
      say(MailOut{end, epoch, {parcel(plain, carried)}});
    }
    for (EndId over : ends_) {
      say(Release{end, epoch, 7, over, {}, {}});
      say(Release{end, epoch, 7, over, {parcel(plain, {peer_of(over), 7})}, {plain}});
    }
    for (RecordKind kind : {RecordKind::data, RecordKind::fin, RecordKind::credit, RecordKind::lost}) {
      Record record{.kind = kind, .end = end, .epoch = epoch, .forged = true};
      if (kind == RecordKind::data) record.body = plain.body;
      on_links(record);
      if (kind != RecordKind::data) continue;
      for (const Carried& carried : carried_) {
        record.ports = {carried};
        on_links(record);
      }
      record.ports = {carried_.back(), carried_.back()};
      on_links(record);
    }
  }

  void on_links(const Record& record) {
    lies_.push_back(std::make_shared<const Lie>(Lie{record}));
    for (LinkId link : links_) lies_.push_back(std::make_shared<const Lie>(Lie{record, link}));
  }
  void say(Up up) { lies_.push_back(std::make_shared<const Lie>(Lie{std::move(up)})); }

  const World& world_;
  std::vector<EndId> ends_{};
  std::vector<LinkId> links_{};
  std::vector<Carried> carried_{};
  std::vector<std::shared_ptr<const Lie>> lies_{};
};

}  // namespace

std::vector<std::shared_ptr<const Lie>> lies(const World& world) { return Vocabulary(world).all(); }

void tell_lie(World& world, const Lie& lie) {
  if (auto* up = std::get_if<Up>(&lie.word)) return world.say(world.liar, *up);
  const Record& record = std::get<Record>(lie.word);
  if (lie.link == broker_link) return world.say(world.liar, record);
  world.say(world.liar, lie.link, record);
}

std::string tell_of(const Lie& lie) { return text(lie.word) + " on link " + std::to_string(lie.link); }

}  // namespace mullion::node::core::model
