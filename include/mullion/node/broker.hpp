// Main's node: starts the other processes, knows which end of which channel lives where, and sees the others end.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mullion/base/error.hpp"
#include "mullion/base/unique_fd.hpp"
#include "mullion/node/node.hpp"
#include "mullion/transport/link.hpp"

namespace mullion::node {

class BrokerState;
class ChildState;

using ChildId = NodeId;  // never used again; 0 is none

struct BrokerOptions {
  Quotas quotas{};  // of each child
  // Makes this process undumpable, so that children of the same user can neither read its memory nor take its
  // descriptors. Afterwards a debugger needs root, and /proc/self belongs to root.
  bool undumpable = true;
};

enum class Stdio : std::uint8_t {
  inherit,  // main's own
  ignore,   // /dev/null
  pipe,     // main's side is Child::input, output or error
};

struct ChildOptions {
  std::string executable{};  // "" is this program; a relative path is looked up from main's working directory
  std::string role{};        // --mullion-role=
  std::string name{};        // in reports about this child
  std::vector<std::string> arguments{};
  std::vector<std::pair<std::string, std::string>> environment{};  // added to main's, or in place of it
  bool inherit_environment = true;
  std::string working_directory{};  // "" is main's
  Stdio input = Stdio::ignore;
  Stdio output = Stdio::inherit;
  Stdio error = Stdio::inherit;
  transport::LinkOptions link{};
  // In user, pid, network and ipc namespaces of its own, as far as the kernel gives them. The command line says which:
  // --mullion-isolation=user,pid,network,ipc or none. The rest of its isolation is the child's own to take, by that
  // word.
  bool isolated = false;
  int grant = -1;  // a descriptor that it gets a copy of, by the number granted_descriptor
};
inline constexpr int granted_descriptor = 5;

struct AdoptOptions {
  std::string name{};             // in reports about this process
  transport::LinkOptions link{};  // `sandboxed` for a renderer of Chromium's
};

// How a process ended. Neither: the host program reaped it before us, or it is another program's child, and nobody
// knows.
struct ExitStatus {
  bool known = true;
  int code = 0;    // of exit(), when signal is 0
  int signal = 0;  // that ended it
};

// What main is told of a child. Called on the loop's thread from the loop, never from inside a call into Broker. Each
// may destroy the Broker.
struct ChildEvents {
  // Its link ended before its process did: it hung up ("closed") or lied ("protocol"; the message says how). Its ends
  // are closed. The process is left alone: whoever started it decides.
  std::move_only_function<void(const Error&)> link_failed{};
  // Once, last: the process ended, and everything that it had sent was delivered or is queued at its ends.
  std::move_only_function<void(ExitStatus)> exited{};
};

// Two children's own link was closed because one says that the other lied on it. It is one's word against the other's:
// neither is ended, channels over the link close with `protocol`, and after three such links the two get no other. Who
// lied may have ended since; then its channels close with what was known first.
struct Quarrel {
  ChildId from = 0, other = 0;
  std::string name{}, other_name{};
  std::string why{};  // what `from` says of `other`
};

// Starts processes and introduces them. One in a program. Loop thread.
//
//   auto broker = Broker::create(*loop);
//   auto child = (*broker)->spawn({.role = "utility", .name = "indexer"}, {.exited = [](ExitStatus) { ... }});
//   (*broker)->node().post((*broker)->boot_end(*child), bytes);
//
// - A child is named by its node's id, which is never used again. Asking about a child that has ended gives zeroes.
// - Destroying the broker ends every child that it started (SIGKILL), reaps it, and ends the node. Nothing is reported
//   then. From those that it adopted it only hangs up.
// - Every child that it started ends when main does, however main ends.
// - Descriptors in flight count for the user, not for the process: so creating the broker raises this process's soft
//   limit of them to its hard one, and a child gets a quarter of that for its own, an isolated one an eighth.
// - A child that lies on its link loses that link, and nothing else happens.
class Broker {
 public:
  static Result<std::unique_ptr<Broker>> create(Loop& loop, BrokerOptions options = {});
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  Node& node() const;
  std::shared_ptr<Node> share_node() const;

  // Starts a process. An executable that cannot be run is an error here, its code errno's name ("ENOENT", "EACCES").
  // The command line gets --mullion-role=, --mullion-link=, --mullion-main= and --mullion-node=, then the arguments.
  Result<ChildId> spawn(ChildOptions options, ChildEvents events);
  // A process that somebody else started, or a thread of this one: only its link is ours. `exited` comes when the link
  // ends, with `known` false.
  Result<ChildId> adopt(std::unique_ptr<transport::Link> link, std::string name, ChildEvents events);
  // A process that somebody else started and that sent us one end of a Link::socket_pair() which it made itself: the
  // kernel says whose it is. It takes part by ChildNode::welcomed() at its other end. pid(), memory_bytes() and kill()
  // work, `exited` comes when the process ends; it is not reaped. A process that hangs up and lives on is reported by
  // `link_failed`, as a child is.
  // `denied`: the socket was made by this process, which no other may speak for. `disconnected`: it has ended already.
  Result<ChildId> adopt(UniqueFd socket, AdoptOptions options, ChildEvents events);

  // Main's end of the channel that main and the child have from the start; 0 when there is no such child. It belongs to
  // whoever asks: close it like any other.
  EndId boot_end(ChildId child) const;
  bool running(ChildId child) const;  // until `exited`
  pid_t pid(ChildId child) const;
  transport::Medium medium(ChildId child) const;  // `automatic` until the child has accepted
  transport::LinkStats link_stats(ChildId child) const;
  std::uint64_t memory_bytes(ChildId child) const;  // resident set

  // Main's sides of the pipes that ChildOptions asked for. Each can be taken once.
  UniqueFd take_input(ChildId child);
  UniqueFd take_output(ChildId child);
  UniqueFd take_error(ChildId child);

  Result<> kill(ChildId child, int signal);  // `disconnected`, code "destroyed", after its end
  void disconnect(ChildId child);            // hangs up; the child's node sees main gone
  void on_quarrel(std::move_only_function<void(const Quarrel&)> f);
  // What it sent cannot come from an honest child: its link ends, `link_failed` follows with the code "protocol".
  void report_violation(ChildId child, std::string why);

 private:
  explicit Broker(std::shared_ptr<BrokerState> state);
  std::shared_ptr<BrokerState> state_;
  std::shared_ptr<Node> node_;
};

// What a child finds on its command line.
struct Inherited {
  int link = -1;                       // descriptor of its link's socket
  int main = -1;                       // descriptor that names main's process; -1: only the link's end tells of main's
  NodeId id = 0;                       // what main calls this process; a wrong one harms only the process that uses it
  std::uint32_t ends = Quotas{}.ends;  // as many as main allows
};

// A child's node. The process ends (exit code 1, no user code runs) when main's process does; one that was adopted sees
// its node disconnected and is left alone.
//
//   auto child = ChildNode::connect(*loop, *ChildNode::inherited(argc, argv));
//   (*child)->node().observe((*child)->boot_end(), &observer);
//
// - Ends that main gave this process, its boot end included, can be used at once: what is sent waits for main.
class ChildNode {
 public:
  // Reads --mullion-link=, --mullion-main= and --mullion-node=. `invalid` when one is missing or no number.
  static Result<Inherited> inherited(int argc, char** argv);
  // What main says first to a process that it adopted: `socket` is the end that the process kept, and goes into the
  // result's `link`, for connect(). Blocks until then, so many milliseconds at most; works in Chromium's sandbox.
  // `failed`, code "timeout": main has not answered yet; ask again. `disconnected`: main has hung up.
  static Result<Inherited> welcomed(int socket, int timeout_ms);
  // Takes both descriptors, and starts the thread that watches main. In Chromium's sandbox the options say `sandboxed`.
  static Result<std::unique_ptr<ChildNode>> connect(Loop& loop, Inherited inherited,
                                                    transport::LinkOptions options = {});
  // The other side of Broker::adopt, with the id that it returned: no process is watched.
  static Result<std::unique_ptr<ChildNode>> join(Loop& loop, std::unique_ptr<transport::Link> link, NodeId id);
  ~ChildNode();
  ChildNode(const ChildNode&) = delete;
  ChildNode& operator=(const ChildNode&) = delete;

  Node& node() const;
  std::shared_ptr<Node> share_node() const;
  EndId boot_end() const;
  transport::Medium medium() const;
  transport::LinkStats link_stats() const;
  // Of the links to other children, which main made when a channel first needed them; in no order.
  std::vector<transport::LinkStats> direct_links() const;
  // Closes every end and hangs up when main has everything that was posted; waits for that, at most 5 s. For a process
  // that is about to end: without it, what was posted last may be lost, and peers are told "peer exited".
  void disconnect();

 private:
  static Result<std::unique_ptr<ChildNode>> make(Loop& loop, std::unique_ptr<transport::Link> link,
                                                 const Inherited& inherited, const transport::LinkOptions& options);
  explicit ChildNode(std::shared_ptr<ChildState> state);
  std::shared_ptr<ChildState> state_;
  std::shared_ptr<Node> node_;
};

}  // namespace mullion::node
