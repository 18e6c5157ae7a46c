#include "harness/scripts.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <cstdio>

namespace mullion::harness {

using node::EndId;
using transport::Medium;

namespace {

std::map<std::string, Script, std::less<>>& scripts() {
  static std::map<std::string, Script, std::less<>> all;
  return all;
}

struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

int run_joined(Script script, Loop& loop, std::unique_ptr<transport::Link> link, node::ChildId id) {
  auto child = node::ChildNode::join(loop, std::move(link), id);
  if (!child) return 2;
  Child self(loop, **child);
  const int code = run_guarded(script, self);
  (*child)->disconnect();
  return code;
}

}  // namespace

Script script_named(std::string_view name) {
  const auto found = scripts().find(name);
  return found == scripts().end() ? nullptr : found->second;
}

int run_guarded(Script script, Child& self) {
  try {
    script(self);
    return 0;
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "script: %s\n", failed.what());
    return 1;
  }
}

void fail(const char* file, int line, const std::string& what) {
  throw Failed(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

RegisterScript::RegisterScript(const char* name, Script script, Program program) {
  scripts().emplace(name, script);
  programs().emplace(name, program);
}

int run_script(Script script, int argc, char** argv) {
  auto loop = Loop::create();
  auto inherited = node::ChildNode::inherited(argc, argv);
  if (!loop || !inherited) return 2;
  auto child = node::ChildNode::connect(**loop, *inherited);
  if (!child) return 2;
  Child self(**loop, **child);
  const int code = run_guarded(script, self);
  (*child)->disconnect();
  return code;
}

// ---- Peer ----

std::pair<EndId, EndId> Peer::channel() {
  auto ends = node_->create_channel();
  EXPECT(ends);
  return *ends;
}

void Peer::post(EndId end, std::string_view text, std::initializer_list<EndId> ports) {
  auto posted = node_->post(end, std::as_bytes(std::span(text)), std::span(ports.begin(), ports.size()));
  if (!posted) fail(__FILE__, __LINE__, "post: " + posted.error().message);
}

Mail Peer::receive(EndId end) {
  std::optional<node::Received> received;
  node_->start(end);
  EXPECT(wait_until([&] { return (received = node_->take(end)) || node_->closed(end); }));
  EXPECT(received);
  return {.text = std::string(reinterpret_cast<const char*>(received->body.data()), received->body.size()),
          .ports = std::move(received->ports)};
}

EndId Peer::receive_port(EndId end) {
  Mail mail = receive(end);
  EXPECT(mail.ports.size() == 1);
  return mail.ports[0];
}

node::CloseReason Peer::closed(EndId end) {
  node_->start(end);
  EXPECT(wait_until([&] { return node_->closed(end).has_value(); }));
  EXPECT(!node_->take(end));
  return *node_->closed(end);
}

// ---- Main ----

Main::Main(std::unique_ptr<Loop> loop, std::unique_ptr<node::Broker> broker, Medium medium)
    : Peer(*loop, broker->share_node()), own_loop_(std::move(loop)), broker_(std::move(broker)), medium_(medium) {
  link_.medium = medium;
}

std::unique_ptr<Main> Main::create(Medium medium, node::BrokerOptions options) {
  auto loop = Loop::create();
  EXPECT(loop);
  auto broker = node::Broker::create(**loop, options);
  EXPECT(broker);
  return std::unique_ptr<Main>(new Main(std::move(*loop), std::move(*broker), medium));
}

Main::~Main() {
  broker_.reset();  // hangs up, which is what a waiting thread needs to see to end
  for (Started& child : children_)
    if (child.thread.joinable()) child.thread.join();
}

Started& Main::start(std::string_view name) {
  Started& child = children_.emplace_back();
  node::ChildEvents events{.link_failed = [&child](const Error& why) { child.link_failed = why; },
                           .exited = [&child](node::ExitStatus status) { child.exited = status; }};
  const auto script = scripts().find(name);
  EXPECT(script != scripts().end());
  if (processes()) {
    auto id = broker_->spawn({.role = "test", .name = std::string(name), .arguments = {program(name)}, .link = link_},
                             std::move(events));
    if (!id) fail(__FILE__, __LINE__, "spawn: " + id.error().message);
    child.id = *id;
  } else {
    start_thread(child, script->second, std::move(events));
  }
  child.boot = broker_->boot_end(child.id);
  return child;
}

void Main::start_thread(Started& child, Script script, node::ChildEvents events) {
  auto loop = Loop::create();
  EXPECT(loop);
  auto [ours, theirs] = transport::Link::in_process(this->loop(), **loop, link_);
  auto id = broker_->adopt(std::move(ours), "thread", std::move(events));
  EXPECT(id);
  child.id = *id;
  child.thread = std::thread([&child, script, id = *id, loop = std::move(*loop), link = std::move(theirs)]() mutable {
    child.thread_code = run_joined(script, *loop, std::move(link), id);
  });
}

void Main::finish(Started& child) {
  EXPECT(wait_until([&] { return child.exited.has_value(); }));
  if (child.thread.joinable()) child.thread.join();
  EXPECT(child.thread_code == 0);
  if (processes()) {
    EXPECT(child.exited->known);
    EXPECT(child.exited->signal == 0 || child.exited->signal == SIGKILL);
    EXPECT(child.exited->code == 0);
  }
}

void Main::finish() {
  for (Started& child : children_) finish(child);
}

void Main::kill(Started& child) {
  EXPECT(broker_->kill(child.id, SIGKILL));
  EXPECT(wait_until([&] { return child.exited.has_value(); }));
  EXPECT(child.exited->signal == SIGKILL);
}

// ---- each medium ----

static void over(Medium medium, void (*body)(Main& main)) {
  CAPTURE(to_string(medium));
  (void)Loop::create();  // the first one of a process leaves libuv's signal pipe
  const int before = open_descriptors();
  {
    auto main = Main::create(medium);
    body(*main);
    main->finish();
  }
  CHECK(descriptors_return_to(before));
}

void over_each_medium(void (*body)(Main& main)) {
  over(Medium::in_process, body);
  over_each_process_medium(body);
}

void over_each_process_medium(void (*body)(Main& main)) {
  over(Medium::pipe, body);
  over(Medium::shm, body);
}

}  // namespace mullion::harness
