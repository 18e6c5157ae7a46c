#include "node/broker_state.hpp"

#include <signal.h>

#include <algorithm>

#include "mullion/base/log.hpp"
#include "node/broker_child.hpp"
#include "node/welcome.hpp"

namespace mullion::node {
namespace {

constexpr std::size_t most_late = 256;  // names of processes that have ended
constexpr std::uint32_t own_ends = 1u << 22;  // main asks itself for no leave, but its memory has an end

Quotas own_quotas(Quotas quotas) {
  quotas.ends = quotas.limbo = own_ends;
  return quotas;
}

core::PortsOptions own_options(const Quotas& quotas) {
  return {.node = broker_node, .secret = random_secret(), .ends = own_ends, .window_bytes = quotas.window_bytes,
          .window_messages = quotas.window_messages};
}

transport::Medium common_medium(transport::Medium a, transport::Medium b) {
  using transport::Medium;
  for (Medium medium : {Medium::pipe, Medium::shm})
    if (a == medium || b == medium) return medium;
  return Medium::automatic;
}

// A child's words, for a log.
std::string printable(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

BrokerState::BrokerState(Loop& loop, UniqueFd own_pidfd, const Quotas& quotas)
    : NodeState(loop, own_options(quotas)), own_pidfd_(std::move(own_pidfd)), quotas_(quotas), directory_(*this) {
  directory_.add_node(broker_node, own_quotas(quotas));
}

BrokerState::~BrokerState() = default;

void BrokerState::end() {
  NodeState::end();
  for (auto& [id, child] : children_) {  // all, before any is waited for
    if (child->started_by_us()) (void)child->kill(SIGKILL);
  }
  for (auto& [id, child] : children_) {
    child->end();
    ended_children_.push_back(std::move(child));
  }
  children_.clear();
}

BrokerChild* BrokerState::child(ChildId id) const {
  const auto found = children_.find(id);
  return found == children_.end() ? nullptr : found->second.get();
}

// ---- starting children

Result<ChildId> BrokerState::next_id() {
  if (ended()) return std::unexpected(Error{.kind = Kind::disconnected, .code = "closed", .message = "The broker has ended."});
  if (last_id_ == last_node)
    return std::unexpected(Error{.kind = Kind::overloaded, .code = "children", .message = "There are no names for processes left."});
  return ++last_id_;
}

std::vector<std::string> BrokerState::command_line(const ChildOptions& options, ChildId id) const {
  std::vector<std::string> arguments = {
      "--mullion-role=" + options.role, "--mullion-link=" + std::to_string(first_inherited),
      "--mullion-main=" + std::to_string(first_inherited + 1), "--mullion-node=" + std::to_string(id)};
  if (quotas_.ends != Quotas{}.ends) arguments.push_back("--mullion-ends=" + std::to_string(quotas_.ends));
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  return arguments;
}

Result<ChildId> BrokerState::spawn(ChildOptions options, ChildEvents events) {
  auto id = next_id();
  auto sockets = transport::Link::socket_pair();
  if (!id || !sockets) return std::unexpected(id ? sockets.error() : id.error());
  options.link.message_bytes = max_payload_bytes;
  auto link = transport::Link::offer(loop(), std::move(sockets->first), options.link);
  if (!link) return std::unexpected(link.error());
  SpawnRequest request{.executable = options.executable,
                       .arguments = command_line(options, *id),
                       .environment = std::move(options.environment),
                       .inherit_environment = options.inherit_environment,
                       .working_directory = options.working_directory,
                       .input = options.input,
                       .output = options.output,
                       .error = options.error,
                       .inherit = {sockets->second.get(), own_pidfd_.get()},
                       .descriptors = options.isolated ? descriptors_.isolated : descriptors_.same_user,
                       .lives_with = own_pidfd_.get()};
  if (options.grant >= 0) request.inherit.push_back(options.grant);
  auto spawned = options.isolated ? spawn_isolated(std::move(request)) : node::spawn(request);
  if (!spawned) return std::unexpected(spawned.error());
  auto child = std::make_shared<BrokerChild>(*this, *id, std::move(*link), options.link, std::move(options.name), std::move(events));
  if (auto watched = child->watch(std::move(*spawned), StartedBy::us); !watched) return std::unexpected(watched.error());
  add(std::move(child));
  return *id;
}

Result<ChildId> BrokerState::adopt(std::unique_ptr<transport::Link> link, std::string name, ChildEvents events) {
  auto id = next_id();
  if (!id) return id;
  add(std::make_shared<BrokerChild>(*this, *id, std::move(link), transport::LinkOptions(), std::move(name), std::move(events)));
  return *id;
}

Result<ChildId> BrokerState::adopt(UniqueFd socket, AdoptOptions options, ChildEvents events) {
  auto process = maker_of(socket.get());
  if (!process) return std::unexpected(process.error());
  auto id = next_id();
  if (!id) return id;
  if (auto told = send_welcome(socket.get(), *id, quotas_.ends); !told) return std::unexpected(told.error());
  options.link.message_bytes = max_payload_bytes;
  auto link = transport::Link::offer(loop(), std::move(socket), options.link);
  if (!link) return std::unexpected(link.error());
  auto child = std::make_shared<BrokerChild>(*this, *id, std::move(*link), options.link, std::move(options.name), std::move(events));
  auto watched = child->watch(std::move(*process), StartedBy::others);
  if (!watched) return std::unexpected(watched.error());
  add(std::move(child));
  return *id;
}

void BrokerState::add(std::shared_ptr<BrokerChild> child) {
  const ChildId id = child->id();
  children_.emplace(id, child);
  directory_.add_node(id, quotas_);
  directory_.create_between(broker_node, id);
  NodeState::adopt(boot_end_of_parent(id));
  settle();
  child->start();
}

// ---- main's own ends speak

BrokerChild* BrokerState::route_own(const core::RecordView& record) {
  auto to = directory_.route(broker_node, record);
  if (to) return *to ? child(*to) : nullptr;
  log(Level::error, "main's own record was refused: " + to.error().why);
  return nullptr;
}

bool BrokerState::data(core::LinkId, EndId end, Epoch epoch, std::span<const Bytes> body,
                       std::span<const Carried> ports) {
  if (full_links_ > 0 && full(directory_.receiver(end))) return false;
  core::RecordView record{.kind = core::RecordKind::data, .end = end, .epoch = epoch, .ports = ports};
  for (Bytes part : body) record.bytes += part.size();
  if (BrokerChild* to = route_own(record)) to->send_data(end, epoch, body, ports);
  return true;
}

bool BrokerState::laden_data(core::LinkId, EndId end, Epoch epoch, std::span<const Bytes> body,
                             std::span<const Carried> ports, std::span<const Attachment> attachments) {
  if (full_links_ > 0 && full(directory_.receiver(end))) return false;
  core::RecordView record{.kind = core::RecordKind::data, .end = end, .epoch = epoch, .ports = ports};
  record.bytes = attachments.size() * attachment_bytes;
  for (Bytes part : body) record.bytes += part.size();
  if (BrokerChild* to = route_own(record)) to->send_laden(end, epoch, body, ports, attachments);
  return true;
}

void BrokerState::fin(core::LinkId, EndId end, Epoch epoch) {
  BrokerChild* to = route_own({.kind = core::RecordKind::fin, .end = end, .epoch = epoch});
  if (to) to->send_empty(wire::RecordKind::fin, end, epoch);
}

void BrokerState::credit(core::LinkId, EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) {
  BrokerChild* to = route_own(
      {.kind = core::RecordKind::credit, .end = end, .epoch = epoch, .bytes = bytes, .messages = messages});
  if (to) to->send_credit(end, epoch, bytes, messages);
}

Result<bool> BrokerState::pump(EndId, std::uint64_t) {
  return std::unexpected(Error{.kind = Kind::denied, .code = "main", .message = "Main waits for no other process."});
}

// What main's ends say to the directory and it to them, until both have nothing more to say.
void BrokerState::settle() {
  if (settling_ || (ups_.empty() && downs_.empty())) return;
  settling_ = true;
  while (!ups_.empty() || !downs_.empty()) {
    if (!ups_.empty()) {
      core::Up up = std::move(ups_.front());
      ups_.pop_front();
      if (auto verdict = directory_.handle(broker_node, std::move(up)); !verdict) accuse(verdict.error());
      continue;
    }
    auto next = std::move(downs_.front());
    downs_.pop_front();
    if (auto* word = std::get_if<core::Down>(&next)) ports().on_down(std::move(*word));
    if (auto* gone = std::get_if<Lost>(&next)) ports().on_lost(core::broker_link, gone->end, gone->epoch);
  }
  settling_ = false;
}

// ---- the directory speaks

void BrokerState::down(NodeId to, core::Down&& message) {
  if (to == broker_node) return downs_.emplace_back(std::move(message)), void();
  if (BrokerChild* receiver = child(to)) receiver->send_word(message);
}

void BrokerState::lost(NodeId to, EndId end, Epoch epoch) {
  if (to == broker_node) return downs_.emplace_back(Lost{end, epoch}), void();
  if (BrokerChild* receiver = child(to)) receiver->send_empty(wire::RecordKind::lost, end, epoch);
}

// The side that cannot make memory accepts. Two such sides have the broker.
bool BrokerState::introduce(NodeId a, NodeId b, core::LinkId link) {
  BrokerChild *maker = child(a), *other = child(b);
  if (!maker || !other) return false;
  if (maker->options().sandboxed) std::swap(maker, other);
  auto sockets = transport::Link::socket_pair();
  if (maker->options().sandboxed || !sockets) return false;
  Introduction word{.link = link,
                    .offers = true,
                    .medium = common_medium(maker->options().medium, other->options().medium),
                    .sandboxed = other->options().sandboxed,
                    .trusted = maker->options().trusted && other->options().trusted};
  maker->introduce(word, std::move(sockets->first));
  word.offers = false;
  other->introduce(word, std::move(sockets->second));
  return true;
}

std::string BrokerState::name_of(ChildId id) const {
  if (const BrokerChild* living = child(id)) return living->name();
  const auto dead = std::find_if(late_.begin(), late_.end(), [id](const auto& one) { return one.first == id; });
  return dead == late_.end() ? "" : dead->second;
}

void BrokerState::forget(ChildId id) {
  const auto found = children_.find(id);
  if (found == children_.end()) return;
  late_.emplace_back(id, found->second->name());
  if (late_.size() > most_late) late_.pop_front();
  children_.erase(found);
}

// Told in a turn of its own, as everything else is.
void BrokerState::quarrel(NodeId from, NodeId other, const core::LinkFailed& failed) {
  BrokerChild* teller = child(from);
  if (!teller || !failed.lie) return;
  const Quarrel quarrel{from, other, teller->name(), name_of(other), printable(failed.why)};
  log(Level::warning, "the link between " + quarrel.name + " and " + quarrel.other_name + " was closed: " + quarrel.name +
                          " says of the other: " + quarrel.why);
  loop().defer([weak = weak_from_this(), quarrel] {
    const auto self = std::static_pointer_cast<BrokerState>(weak.lock());
    if (self && !self->ended() && self->quarrelled_) self->quarrelled_(quarrel);
  });
}

// ---- children speak

// The memory is opened only where it is used. Here it is checked, counted and passed on.
void BrokerState::pass_laden(BrokerChild& from, const Record& record, std::vector<UniqueFd>* fds) {
  std::vector<UniqueFd> none;
  auto unloaded = from.memory().unload(record.buffers, fds ? *fds : none);
  if (!unloaded) return from.accuse(unloaded.error());
  auto to = directory_.route(from.id(), record.view);
  if (!to) return accuse(to.error());
  if (unloaded->cut) return directory_.refuse(record.view.end, record.ports);
  if (*to == broker_node) return arrive(from, record, unloaded->attachments);
  BrokerChild* receiver = child(*to);
  const auto payer = receiver ? admit(from, *receiver, record) : std::nullopt;
  if (payer) {
    receiver->send_laden(record.view.end, record.view.epoch, std::span(&record.body, 1), record.ports,
                         unloaded->attachments, *payer);
  }
}

void BrokerState::take_record(BrokerChild& from, const transport::RecordHeader& header, transport::Bytes payload,
                              std::vector<UniqueFd>* fds) {
  auto record = read_record(header, payload);
  if (!record) return from.accuse(record.error());
  if (record->goodbye) return from.heard_goodbye(true);
  if (record->memory) return from.memory().heard(record->wire_kind, *record->memory);
  const bool laden = fds || !record->buffers.empty();
  laden ? pass_laden(from, *record, fds) : pass(from, header, payload, *record);
  if (!ended()) settle();
}

void BrokerState::pass(BrokerChild& from, const transport::RecordHeader& header, transport::Bytes payload,
                       const Record& record) {
  auto to = directory_.route(from.id(), record.view);
  if (!to) return accuse(to.error());
  if (*to == broker_node) return arrive(from, record);
  BrokerChild* receiver = child(*to);
  const auto payer = receiver ? admit(from, *receiver, record) : std::nullopt;
  if (payer) receiver->relay(header, payload, *payer);
}

// What waits for a process that does not read is paid for by whoever sent it, and nobody else waits for that.
std::optional<Payer> BrokerState::admit(const BrokerChild& from, const BrokerChild& receiver, const Record& record) {
  if (!receiver.full()) return Payer();
  const std::uint64_t bytes = record.view.kind == core::RecordKind::data ? record.view.bytes : 0;
  const Payer payer{from.id(), bytes + sizeof(core::Parcel)};
  if (directory_.charge(payer.node, payer.bytes)) return payer;
  directory_.refuse(record.view.end, record.ports);
  return std::nullopt;
}

void BrokerState::arrive(BrokerChild& from, const Record& record, std::span<const Attachment> attachments) {
  const auto arrival = node::arrive(ports(), core::broker_link, record, attachments, from.id());
  if (arrival == core::Arrival::refused) return directory_.refuse(record.view.end, record.ports);
  if (arrival != core::Arrival::handled && !ended()) from.accuse("a record that does not fit the ends here");
}

void BrokerState::take_word(BrokerChild& from, core::Up&& word) {
  if (auto verdict = directory_.handle(from.id(), std::move(word)); !verdict) accuse(verdict.error());
  settle();
}

void BrokerState::accuse(const core::Violation& violation) {
  if (BrokerChild* liar = child(violation.node)) return liar->accuse(violation.why);
  log(Level::error, "main's own node was refused: " + violation.why);
}

// ---- room and the end

bool BrokerState::full(NodeId receiver) const {
  const BrokerChild* to = child(receiver);
  return to && to->full();
}

void BrokerState::link_emptied() {
  ports().writable(core::broker_link);
  settle();
}

void BrokerState::link_over(BrokerChild& child, CloseReason reason) {
  directory_.node_died(child.id(), reason);
  settle();
}

}  // namespace mullion::node
