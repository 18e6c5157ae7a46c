// A network without processes: nodes, a broker, and first-in-first-out streams between them that a schedule empties one
// packet at a time. It knows what every program posted and got, and keeps a list of everything that should not be.
//
// The nodes are the shipping core (src/node/core); what the product's runtime adds (src/node) is modelled here: who
// reads which stream, what a hang-up leaves readable, when a stalled link is read again.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/choice.hpp"
#include "model/faults.hpp"
#include "model/packet.hpp"
#include "node/core/directory.hpp"
#include "node/core/ports.hpp"

namespace mullion::node::core::model {

enum class Direct : std::uint8_t { never, first_pair, always };  // which pairs of children the broker introduces

struct WorldOptions {
  std::size_t nodes = 3;             // besides the broker
  std::uint64_t window_bytes = 400;  // 0: no credit
  std::uint32_t window_messages = 5;
  std::uint32_t ends = Quotas{}.ends;
  std::optional<Quotas> quotas{};  // otherwise as the windows
  Direct direct = Direct::never;
  bool merged = false;  // to and from the broker: control and data in one stream, not in two
  Fault fault = Fault::none;
};

class World;

// One process: its ends and what its program knows.
struct Process final : Ports::Sink {
  Process(World& world, PortsOptions options) : world(&world), id(options.node), ports(options, *this) {}
  Process(const Process& other);

  void up(Up&& message) override;
  bool data(LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body,
            std::span<const Carried> carried) override;
  bool laden_data(LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> carried,
                  std::span<const Attachment> attachments) override;
  void fin(LinkId link, EndId end, Epoch epoch) override;
  void credit(LinkId link, EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) override;
  void resume(LinkId link) override { paused.erase(link); }
  void accuse(LinkId link, std::string why) override { accused.push_back({link, std::move(why)}); }
  void over(LinkId link) override { told_over.insert(link); }
  bool charge(NodeId payer, std::uint64_t bytes) override;
  void discharge(NodeId payer, std::uint64_t bytes) override;
  bool offer(EndId end, Bytes body) override;
  void ready(EndId end) override;
  void drained(EndId end) override;
  void closed(EndId end, CloseReason reason) override;

  Digest digest() const;

  World* world;
  NodeId id;
  Ports ports;
  std::set<EndId> held{};  // by the program
  std::vector<EndId> just_closed{};
  std::vector<std::pair<LinkId, std::string>> accused{};  // to be ended after the call
  std::set<LinkId> paused{};                              // by rule 7
  std::set<LinkId> told_over{};                           // by the broker, and still being read
  bool alive = true;
  bool gone = false;                             // the directory knows
  bool full = false;                             // no link takes more data
  bool eager = false;                            // offered messages are taken
  std::function<void(Process&)> within_offer{};  // what the program does while it is offered one; not copied
};

// The streams between a process and the broker.
struct Lines {
  Stream control_up{}, data_up{}, control_down{}, data_down{};
};

struct DirectLink {
  LinkId id = 0;
  std::array<NodeId, 2> nodes{};
  std::array<Stream, 2> to{};   // each of them
  std::array<bool, 2> known{};  // to each of them
  std::array<bool, 2> ended{};  // each of them reads and writes it no more
  std::size_t side(NodeId node) const { return nodes[1] == node ? 1 : 0; }
  bool broken = false;  // nothing that is written gets through any more
  bool has(NodeId node) const { return nodes[0] == node || nodes[1] == node; }
};

// What programs did with an end, wherever it was.
struct Ledger {
  std::uint64_t posted = 0;
  std::uint64_t bound_in = 0;  // of them, the first so many are past whatever their sender could still lose
  std::uint64_t got = 0;
  int closed = 0;
  CloseReason reason = CloseReason::closed;
  bool stillborn = false;  // it was gone before it arrived where it was held when that was told
  Epoch heard = 0;         // the epoch of the last record that was handled of it
};

struct Problem {
  EndId channel = 0;  // 0: the whole world's
  std::string what{};
};

// What happened to channels, for those who judge.
struct History {
  std::map<EndId, std::size_t> age{};             // of a channel: how many were made before it
  std::map<EndId, std::set<EndId>> carried_on{};  // a channel, and the channels that it went over
  std::set<EndId> touched_by_liar{};              // channels whose end a hostile process held
  FaultMemory faults{};
  int losses = 0;         // deaths, and links that failed
  bool refusals = false;  // some quota is small enough to be met
  bool rings = false;     // ends may be sent where nobody can receive them
  std::vector<Problem> problems{};
  std::vector<std::string> violations{};
};

enum class Way : std::uint8_t { control_up, data_up, control_down, data_down, direct };

class World final : public Directory::Sink {
 public:
  explicit World(WorldOptions options);
  World(const World& other) = default;  // costs little; see Shared
  World& operator=(const World&) = delete;

  // ---- The program's calls, with what they mean written in the ledger.
  std::pair<EndId, EndId> create(NodeId at);
  std::pair<EndId, EndId> connect(NodeId parent, NodeId child);
  std::pair<EndId, EndId> channel(NodeId a, NodeId b);  // by way of the broker's boot channels, and settled
  Result<> post(NodeId at, EndId end, std::vector<EndId> ports = {}, PostRoom room = PostRoom::outbox,
                std::size_t padding = 0, std::size_t attachments = 0);
  bool take(NodeId at, EndId end);
  void start(NodeId at, EndId end);
  void close(NodeId at, EndId end);
  void writable(NodeId at);

  // ---- One packet of one stream. False: there is none that may be read now.
  bool deliverable(NodeId at, Way way, LinkId link = broker_link) const;
  bool deliver(NodeId at, Way way, LinkId link = broker_link);
  bool bury(NodeId dead, CloseReason reason = CloseReason::peer_exited);  // once its streams are empty

  // ---- Faults of the world. `cut` chooses how much of each stream survives, below cuts().
  std::size_t cuts(NodeId dead) const;
  void kill(NodeId dead, std::size_t cut);
  std::size_t link_cuts(LinkId link) const;
  void break_link(LinkId link, std::size_t cut);

  // ---- What a hostile process says, now.
  bool may_say(NodeId liar, const DirectLink& link) const;  // its peer reads it
  void say(NodeId liar, Up word);
  void say(NodeId liar, const Record& record);
  void say(NodeId liar, LinkId link, const Record& record);
  void forget(NodeId liar, Way way, LinkId link = broker_link);  // the first packet that it was to say there

  bool settle();  // delivers until nothing moves; whether anything did
  void drain();   // starts and takes everything everywhere, until nothing moves
  void check_at_rest();
  void check_honest_channels();      // at rest, while a hostile process lives
  void check_ends_of_liars_links();  // likewise, where no end moved: what had its peer there is told when a link ends
  std::string tell(NodeId at, Way way, LinkId link) const;  // what deliver() would
  void close_everything();

  // Problems of channels that nobody wrote off.
  std::vector<Problem> problems() const;
  bool fine() const { return history_->problems.empty() || problems().empty(); }
  std::string report() const;
  void problem(EndId end, std::string what);
  bool tainted(EndId end) const;
  Digest digest() const;

  const Process& process(NodeId id) const { return *processes_[id - broker_node]; }
  Process& edit(NodeId id);
  Ports& ports(NodeId id) { return edit(id).ports; }
  const Directory& directory() const { return *directory_; }
  const Lines& lines(NodeId id) const { return lines_[id - broker_node]; }
  const std::vector<DirectLink>& links() const { return links_; }
  const History& history() const { return *history_; }
  History& edit_history() { return history_.edit(); }
  const Ledger& ledger(EndId end) const;
  const std::map<EndId, Ledger>& ledgers() const { return *ledger_; }
  NodeId last_node() const { return static_cast<NodeId>(options().nodes) + broker_node; }
  std::size_t attached() const { return static_cast<std::size_t>(attached_.use_count()) - 1; }  // if this is no copy
  const WorldOptions& options() const { return *options_; }

  NodeId liar = 0;
  bool cut_off = true;  // a process that is caught lying ends at once

  // ---- For processes and the directory, from inside the calls above.
  void send(NodeId from, LinkId link, Record record);
  void say_up(NodeId from, Up message);
  void down(NodeId to, Down&& message) override;
  void lost(NodeId to, EndId end, Epoch epoch) override;
  bool introduce(NodeId a, NodeId b, LinkId link) override;
  void quarrel(NodeId from, NodeId other, const LinkFailed& failed) override;
  bool charge(NodeId payer, std::uint64_t bytes) { return edit_directory().charge(payer, bytes); }
  void discharge(NodeId payer, std::uint64_t bytes) { edit_directory().discharge(payer, bytes); }
  void got(NodeId at, EndId end, const Taken& taken);
  Ledger& edit_ledger(EndId end) { return ledger_.edit()[end]; }

 private:
  Directory& edit_directory();
  Lines& line(NodeId id) { return lines_[id - broker_node]; }
  DirectLink* find_link(LinkId id);
  const DirectLink* find_link(LinkId id) const;
  Stream& stream(NodeId at, Way way, DirectLink* link);
  const Stream& stream(NodeId at, Way way, const DirectLink* link) const;
  bool may_read(NodeId at, LinkId link) const;
  void note_bound(const Word& word);
  void forget_bound(const Word& word);
  void forget_if_orphaned(NodeId from, const Record& record);
  void forget_records_for(NodeId dead, const Stream& stream);
  void cut(Stream& stream, std::size_t size);

  // faults.cpp. False: it is lost.
  bool says(NodeId from, Up& message);
  bool says(NodeId from, Record& record);
  bool hears(NodeId from, const Up& message) const;
  bool hears(NodeId at, const Down& message) const;
  bool hears(NodeId at, const Record& record) const;
  bool hangs_up_early(const Stream& stream) const;

  void handle_up(NodeId from, Up message);
  void handle_route(NodeId from, Record record);
  void handle_down(NodeId at, Down message);
  void handle_link(NodeId at, LinkId link, const PacketPtr& packet);
  Arrival handle_record(NodeId at, LinkId link, const Record& record);
  void caught(NodeId liar, std::string why);
  void after_call(NodeId at);
  void end_link(NodeId at, LinkId link, bool lie, std::string why = {});
  void hang_up(DirectLink& link, NodeId from);
  void check_closed(NodeId at);

  void check_process(const Process& process);
  void check_channel(EndId end, bool peer_is_here);
  void check_bounds();

  std::shared_ptr<const WorldOptions> options_;
  std::shared_ptr<int> attached_ = std::make_shared<int>(0);  // each attachment shares in it while it exists
  Shared<Directory> directory_;
  std::vector<Shared<Process>> processes_{};
  std::vector<Lines> lines_{};
  std::vector<DirectLink> links_{};
  Shared<std::map<EndId, Ledger>> ledger_;
  Shared<History> history_;
};

constexpr EndId channel_of(EndId end) { return end & ~EndId{1}; }

}  // namespace mullion::node::core::model
