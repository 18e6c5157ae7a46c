#include "mullion/node/broker.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>

#include "node/broker_child.hpp"
#include "node/broker_state.hpp"

namespace mullion::node {
namespace {

std::uint64_t resident_bytes(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/statm";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  unsigned long total = 0, resident = 0;
  if (!file || std::fscanf(file.get(), "%lu %lu", &total, &resident) != 2) return 0;
  return std::uint64_t{resident} * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

Result<std::unique_ptr<Broker>> Broker::create(Loop& loop, BrokerOptions options) {
  auto pidfd = own_pidfd();
  if (!pidfd) return std::unexpected(pidfd.error());
  if (options.undumpable && prctl(PR_SET_DUMPABLE, 0) < 0) return std::unexpected(errno_error("prctl PR_SET_DUMPABLE"));
  return std::unique_ptr<Broker>(new Broker(std::make_shared<BrokerState>(loop, std::move(*pidfd), options.quotas)));
}

Broker::Broker(std::shared_ptr<BrokerState> state) : state_(std::move(state)), node_(std::make_shared<Node>(state_)) {}

Broker::~Broker() {
  state_->end();
  release_later(state_->loop(), state_);
}

Node& Broker::node() const { return *node_; }
std::shared_ptr<Node> Broker::share_node() const { return node_; }

Result<ChildId> Broker::spawn(ChildOptions options, ChildEvents events) {
  return state_->spawn(std::move(options), std::move(events));
}

Result<ChildId> Broker::adopt(std::unique_ptr<transport::Link> link, std::string name, ChildEvents events) {
  return state_->adopt(std::move(link), std::move(name), std::move(events));
}

Result<ChildId> Broker::adopt(UniqueFd socket, AdoptOptions options, ChildEvents events) {
  return state_->adopt(std::move(socket), std::move(options), std::move(events));
}

EndId Broker::boot_end(ChildId child) const { return state_->child(child) ? boot_end_of_parent(child) : 0; }
bool Broker::running(ChildId child) const { return state_->child(child) != nullptr; }

pid_t Broker::pid(ChildId child) const {
  const BrokerChild* found = state_->child(child);
  return found ? found->pid() : 0;
}

transport::Medium Broker::medium(ChildId child) const {
  const BrokerChild* found = state_->child(child);
  return found && found->link() ? found->link()->medium() : transport::Medium::automatic;
}

transport::LinkStats Broker::link_stats(ChildId child) const {
  const BrokerChild* found = state_->child(child);
  return found && found->link() ? found->link()->stats() : transport::LinkStats{};
}

std::uint64_t Broker::memory_bytes(ChildId child) const {
  const pid_t process = pid(child);
  return process ? resident_bytes(process) : 0;
}

UniqueFd Broker::take_input(ChildId child) {
  BrokerChild* found = state_->child(child);
  return found ? std::move(found->input) : UniqueFd();
}

UniqueFd Broker::take_output(ChildId child) {
  BrokerChild* found = state_->child(child);
  return found ? std::move(found->output) : UniqueFd();
}

UniqueFd Broker::take_error(ChildId child) {
  BrokerChild* found = state_->child(child);
  return found ? std::move(found->error) : UniqueFd();
}

Result<> Broker::kill(ChildId child, int signal) {
  BrokerChild* found = state_->child(child);
  if (found) return found->kill(signal);
  return std::unexpected(Error{.kind = Kind::disconnected, .code = "destroyed", .message = "The process has ended."});
}

void Broker::disconnect(ChildId child) {
  if (BrokerChild* found = state_->child(child)) found->hang_up();
}

void Broker::on_quarrel(std::move_only_function<void(const Quarrel&)> f) { state_->on_quarrel(std::move(f)); }

void Broker::report_violation(ChildId child, std::string why) {
  if (BrokerChild* found = state_->child(child)) found->accuse(why);
}

}  // namespace mullion::node
