#include <charconv>
#include <optional>
#include <string_view>

#include "node/child_state.hpp"
#include "node/spawn.hpp"
#include "node/welcome.hpp"

namespace mullion::node {
namespace {

constexpr std::uint64_t farewell_ns = 5'000'000'000;

std::optional<std::uint32_t> number_of(int argc, char** argv, std::string_view name) {
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (!argument.starts_with(name)) continue;
    argument.remove_prefix(name.size());
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), number);
    if (error == std::errc{} && end == argument.data() + argument.size()) return number;
  }
  return std::nullopt;
}

Error missing(std::string_view name) {
  return {.kind = Kind::invalid, .code = "command-line",
          .message = "The command line has no " + std::string(name) + "NUMBER: this process was not started by Mullion."};
}

Result<std::uint32_t> require(int argc, char** argv, std::string_view name) {
  auto number = number_of(argc, argv, name);
  if (!number) return std::unexpected(missing(name));
  return *number;
}

}  // namespace

Result<Inherited> ChildNode::inherited(int argc, char** argv) {
  auto link = require(argc, argv, "--mullion-link="), main = require(argc, argv, "--mullion-main="),
       id = require(argc, argv, "--mullion-node=");
  for (const auto* number : {&link, &main, &id})
    if (!*number) return std::unexpected(number->error());
  Inherited inherited{.link = static_cast<int>(*link), .main = static_cast<int>(*main), .id = *id};
  inherited.ends = number_of(argc, argv, "--mullion-ends=").value_or(Quotas{}.ends);
  return inherited;
}

Result<Inherited> ChildNode::welcomed(int socket, int timeout_ms) { return await_welcome(socket, timeout_ms); }

Result<std::unique_ptr<ChildNode>> ChildNode::connect(Loop& loop, Inherited inherited, transport::LinkOptions options) {
  UniqueFd socket(inherited.link), main(inherited.main);
  if (auto closing = close_on_exec(socket.get()); !closing) return std::unexpected(closing.error());
  if (main) {
    if (auto closing = close_on_exec(main.get()); !closing) return std::unexpected(closing.error());
    if (auto watched = end_with(std::move(main)); !watched) return std::unexpected(watched.error());
  }
  options.message_bytes = max_payload_bytes;
  auto link = transport::Link::accept(loop, std::move(socket), options);
  if (!link) return std::unexpected(link.error());
  return make(loop, std::move(*link), inherited, options);
}

Result<std::unique_ptr<ChildNode>> ChildNode::join(Loop& loop, std::unique_ptr<transport::Link> link, NodeId id) {
  return make(loop, std::move(link), {.id = id}, {});
}

Result<std::unique_ptr<ChildNode>> ChildNode::make(Loop& loop, std::unique_ptr<transport::Link> link,
                                                   const Inherited& inherited,
                                                   const transport::LinkOptions& options) {
  if (inherited.id <= broker_node || inherited.id > last_node)
    return std::unexpected(Error{.kind = Kind::invalid, .code = "node", .message = "A child's node id is out of range."});
  const core::PortsOptions ports{.node = inherited.id, .secret = random_secret(), .ends = inherited.ends};
  auto state = std::make_shared<ChildState>(loop, std::move(link), ports, options);
  state->start();
  return std::unique_ptr<ChildNode>(new ChildNode(std::move(state)));
}

ChildNode::ChildNode(std::shared_ptr<ChildState> state)
    : state_(std::move(state)), node_(std::make_shared<Node>(state_)) {}

ChildNode::~ChildNode() {
  state_->end();
  release_later(state_->loop(), state_);
}

Node& ChildNode::node() const { return *node_; }
std::shared_ptr<Node> ChildNode::share_node() const { return node_; }
EndId ChildNode::boot_end() const { return boot_end_of_child(state_->id()); }

transport::Medium ChildNode::medium() const {
  return state_->link() ? state_->link()->medium() : transport::Medium::automatic;
}

transport::LinkStats ChildNode::link_stats() const {
  return state_->link() ? state_->link()->stats() : transport::LinkStats{};
}

std::vector<transport::LinkStats> ChildNode::direct_links() const { return state_->direct_links(); }

void ChildNode::disconnect() {
  state_->farewell(farewell_ns);
  state_->end();
}

}  // namespace mullion::node
