// Tests of several processes as readable scripts: main's part stands in the test case, each child's part in a script
// beside it. The same bodies run over every medium: over `in_process` a child is a thread with a loop of its own, over
// `pipe` and `shm` it is a process, this executable started again.
//
//   MULLION_SCRIPT(shouts) { self.post(self.boot(), self.receive_text(self.boot()) + "!"); }
//
//   TEST_CASE("node: a message comes back") {
//     over_each_medium([](Main& main) {
//       auto& child = main.start("shouts");
//       main.post(child.boot, "hello");
//       EXPECT(main.receive_text(child.boot) == "hello!");
//     });
//   }
//
// A script that returns ends its node as a dying process does: what it had posted arrives, then its peers are told
// "peer exited". A script whose EXPECT fails ends with exit code 1, which fails the test.
#pragma once

#include <initializer_list>
#include <list>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/programs.hpp"
#include "harness/waiting.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/node/broker.hpp"

namespace mullion::harness {

[[noreturn]] void fail(const char* file, int line, const std::string& what);

#define EXPECT(condition) \
  ((condition) ? void() : mullion::harness::fail(__FILE__, __LINE__, "EXPECT(" #condition ") is not so"))

struct Mail {
  std::string text;
  std::vector<node::EndId> ports;
};

// One side of a test: a node, and calls that wait.
class Peer {
 public:
  Peer(Loop& loop, std::shared_ptr<node::Node> node) : loop_(loop), node_(std::move(node)) {}

  Loop& loop() { return loop_; }
  node::Node& node() { return *node_; }
  const std::shared_ptr<node::Node>& share_node() { return node_; }

  std::pair<node::EndId, node::EndId> channel();
  void post(node::EndId end, std::string_view text, std::initializer_list<node::EndId> ports = {});
  Mail receive(node::EndId end);  // starts the end; fails when it closes instead
  std::string receive_text(node::EndId end) { return receive(end).text; }
  node::EndId receive_port(node::EndId end);
  node::CloseReason closed(node::EndId end);  // starts the end, waits for its close; fails when a message is left

  template <class Condition>
  bool wait_until(Condition condition) {
    return run_until(loop_, condition);
  }

 private:
  Loop& loop_;
  std::shared_ptr<node::Node> node_;
};

// What a child's script is given.
class Child : public Peer {
 public:
  Child(Loop& loop, node::ChildNode& node) : Peer(loop, node.share_node()), child_(node) {}
  node::EndId boot() const { return child_.boot_end(); }
  node::ChildNode& child_node() { return child_; }

 private:
  node::ChildNode& child_;
};

using Script = void (*)(Child& self);

Script script_named(std::string_view name);  // null when there is none
int run_guarded(Script script, Child& self);  // 0, or 1 when an EXPECT failed

struct RegisterScript {
  RegisterScript(const char* name, Script script, Program program);
};

#define MULLION_SCRIPT(name)                                                                                    \
  static void mullion_script_##name(mullion::harness::Child& self);                                             \
  static int mullion_program_##name(int argc, char** argv) {                                                    \
    return mullion::harness::run_script(mullion_script_##name, argc, argv);                                     \
  }                                                                                                             \
  static const mullion::harness::RegisterScript mullion_register_##name(#name, mullion_script_##name,           \
                                                                        mullion_program_##name);                \
  static void mullion_script_##name([[maybe_unused]] mullion::harness::Child& self)

int run_script(Script script, int argc, char** argv);

// A child as main sees it.
struct Started {
  node::ChildId id = 0;
  node::EndId boot = 0;
  std::optional<node::ExitStatus> exited{};
  std::optional<Error> link_failed{};
  std::thread thread{};
  int thread_code = 0;
};

class Main : public Peer {
 public:
  static std::unique_ptr<Main> create(transport::Medium medium, node::BrokerOptions options = {});
  ~Main();

  node::Broker& broker() { return *broker_; }
  transport::Medium medium() const { return medium_; }
  bool processes() const { return medium_ != transport::Medium::in_process; }
  transport::LinkOptions& link_options() { return link_; }

  Started& start(std::string_view script);
  // Waits until the child has ended, and expects that its script ran to its end.
  void finish(Started& child);
  void finish();  // all of them
  void kill(Started& child);  // SIGKILL, and waits for its end
  void destroy_broker() { broker_.reset(); }

 private:
  Main(std::unique_ptr<Loop> loop, std::unique_ptr<node::Broker> broker, transport::Medium medium);
  void start_thread(Started& child, Script script, node::ChildEvents events);

  std::unique_ptr<Loop> own_loop_;
  std::unique_ptr<node::Broker> broker_;
  transport::Medium medium_;
  transport::LinkOptions link_{};
  std::list<Started> children_;
};

// Runs the body with a main of its own over in-process, pipe and shared memory links, and then expects every child's
// script to have ended well, and no descriptor to be left.
void over_each_medium(void (*body)(Main& main));
// The same over the two that have processes.
void over_each_process_medium(void (*body)(Main& main));

}  // namespace mullion::harness
