#include "node/child_state.hpp"

#include <algorithm>
#include <chrono>

namespace mullion::node {
namespace {

constexpr std::uint64_t farewell_step_ns = 5'000'000;  // between two looks at what else is to leave
constexpr std::uint64_t glance_ns = 5'000'000;  // between two looks at the broker's words, while another is awaited

Error main_is_gone() { return {.kind = Kind::disconnected, .code = "closed", .message = "Main is gone."}; }

}  // namespace

ChildState::ChildState(Loop& loop, std::unique_ptr<transport::Link> link, const core::PortsOptions& options,
                       const transport::LinkOptions& direct_links)
    : NodeState(loop, options),
      broker_(std::make_shared<ChildLink>(*this, core::broker_link, std::move(link), true)),
      direct_options_(direct_links) {}

void ChildState::start() {
  adopt(boot_end_of_child(id()));
  broker_->start();
}

void ChildState::end() {
  NodeState::end();
  hang_up();
}

// A function of one of the links may be under way.
void ChildState::hang_up() {
  auto links = std::exchange(direct_, {});
  links.emplace(core::broker_link, std::exchange(broker_, nullptr));
  for (auto& [id, link] : links)
    if (link) link->link().close();
  if (entered()) loop().defer([links = std::move(links)] {});
}

std::vector<transport::LinkStats> ChildState::direct_links() const {
  std::vector<transport::LinkStats> stats;
  for (const auto& [id, link] : direct_) stats.push_back(link->link().stats());
  return stats;
}

ChildLink* ChildState::find(core::LinkId link) const {
  if (link == core::broker_link) return broker_.get();
  const auto found = direct_.find(link);
  return found == direct_.end() ? nullptr : found->second.get();
}

// ---- the node's own Ports speak

void ChildState::up(core::Up&& message) {
  if (broker_) broker_->say(Written(message));
}

bool ChildState::data(core::LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body,
                      std::span<const Carried> ports) {
  ChildLink* to = find(link);
  return !to || to->data(end, epoch, body, ports);
}

bool ChildState::laden_data(core::LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body,
                            std::span<const Carried> ports, std::span<const Attachment> attachments) {
  ChildLink* to = find(link);
  return !to || to->laden_data(end, epoch, body, ports, attachments);
}

void ChildState::fin(core::LinkId link, EndId end, Epoch epoch) {
  if (ChildLink* to = find(link)) to->fin(end, epoch);
}

void ChildState::credit(core::LinkId link, EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) {
  if (ChildLink* to = find(link)) to->credit(end, epoch, bytes, messages);
}

void ChildState::resume(core::LinkId link) {
  if (ChildLink* from = find(link)) from->resume();
}

void ChildState::accuse(core::LinkId link, std::string why) {
  if (ChildLink* from = find(link)) from->lie(std::move(why));
}

void ChildState::over(core::LinkId link) {
  if (ChildLink* found = find(link)) return found->over();
  loop().defer([weak = weak_from_this(), link] {
    const auto self = std::static_pointer_cast<ChildState>(weak.lock());
    if (self && !self->ended()) self->lose(link, false, {});
  });
}

// ---- waiting without the loop

Result<bool> ChildState::pump(EndId end, std::uint64_t timeout_ns) {
  if (!broker_) return std::unexpected(main_is_gone());
  const auto broker = broker_;
  ChildLink* direct = core::is_direct(ports().link_of(end)) ? find(ports().link_of(end)) : nullptr;
  return direct ? wait_for_two(*direct, timeout_ns) : broker->link().wait(timeout_ns);
}

Result<bool> ChildState::wait_for_two(ChildLink& direct, std::uint64_t timeout_ns) {
  const auto broker = broker_, other = direct.shared_from_this();
  auto heard = broker->link().wait(0);
  if (!heard || *heard) return heard;
  auto waited = other->link().wait(std::min(timeout_ns, glance_ns));
  return waited ? waited : Result<bool>(true);  // it ended: what that means is known by now
}

// ---- the broker speaks

void ChildState::hear(transport::Bytes message, std::vector<UniqueFd> fds) {
  auto word = control_in_.read(message, std::move(fds));
  if (!word) return broker_->lie(word.error());
  if (!word->control) return;
  if (const auto* introduce = word->control->message_as_Introduce()) {
    auto introduction = read_introduction(*introduce);
    if (!introduction || word->fds.size() != 1) return broker_->lie("an introduction to no possible link");
    return meet(*introduction, std::move(word->fds[0]));
  }
  if (word->control->message_as_Goodbye()) {
    heard_farewell_ = true;
    return;
  }
  auto down = read_down(*word->control, {word->bytes, word->fds});
  if (!down) return broker_->lie(down.error());
  ports().on_down(std::move(*down));
}

void ChildState::meet(const Introduction& with, UniqueFd socket) {
  auto options = direct_options_;
  options.medium = with.medium;
  options.sandboxed = with.sandboxed;
  options.trusted = with.trusted;
  options.message_bytes = max_payload_bytes;
  auto link = with.offers ? transport::Link::offer(loop(), std::move(socket), options)
                          : transport::Link::accept(loop(), std::move(socket), options);
  if (!link) return lose(with.link, false, link.error().message);
  auto& met = direct_[with.link] = std::make_shared<ChildLink>(*this, with.link, std::move(*link), with.offers);
  met->start();
}

// ---- the end of a link

void ChildState::lose(core::LinkId link, bool lie, std::string why) {
  ports().link_lost(link, lie, std::move(why));
  deliver_later();
}

void ChildState::link_ended(ChildLink& link, const Error& why) {
  const bool lie = why.code == "protocol";
  if (!link.direct()) {
    disconnect(lie ? CloseReason::protocol : CloseReason::peer_exited, why);
    return hang_up();
  }
  const auto id = link.id();
  if (auto ended = direct_.extract(id); !ended.empty()) loop().defer([ended = std::move(ended.mapped())] {});
  lose(id, lie, why.message);
}

// Everything that was posted is in the broker's hands when it answers: what waits for credit leaves as its end's Close.
// What was posted over a direct link is in that link's memory then, or goes there as its reader makes room; and what is
// still on its way to an end that left is handed on.
void ChildState::farewell(std::uint64_t timeout_ns) {
  if (!broker_ || !open() || std::exchange(said_farewell_, true)) return;
  for (EndId end : ports().ends()) close(end);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(timeout_ns);
  const auto done = [this] { return flushed() && !ports().draining(); };
  pump_until(deadline, done);
  if (!broker_) return;
  broker_->say(Written(Written::Farewell{}));
  broker_->goodbye();
  pump_until(deadline, [this, done] { return done() && heard_farewell_; });  // an epoch may have opened meanwhile
}

template <class Condition>
void ChildState::pump_until(std::chrono::steady_clock::time_point deadline, Condition condition) {
  const auto broker = broker_;
  while (broker_ && !condition() && std::chrono::steady_clock::now() < deadline)
    if (!broker->link().wait(farewell_step_ns)) return;
}

// Nothing waits any more to go to other children. Their links are pumped: no loop does that now.
bool ChildState::flushed() {
  const auto links = direct_;
  for (const auto& [id, link] : links) (void)link->link().wait(0);
  return std::all_of(direct_.begin(), direct_.end(), [](const auto& entry) { return entry.second->idle(); });
}

}  // namespace mullion::node
