#include "harness/foreign.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <span>

#include "harness/sandbox.hpp"
#include "harness/scripts.hpp"
#include "mullion/transport/link.hpp"
#include "node/spawn.hpp"

namespace mullion::harness {
namespace {

constexpr int patience_ms = 20'000;

struct alignas(cmsghdr) Space {
  char bytes[CMSG_SPACE(sizeof(int))];
};

bool send_end(int socket, int end) {
  char byte = 'e';
  iovec part{&byte, 1};
  Space space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.bytes;
  message.msg_controllen = sizeof space.bytes;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof end);
  std::memcpy(CMSG_DATA(head), &end, sizeof end);
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

UniqueFd receive_end(int socket) {
  pollfd ready{.fd = socket, .events = POLLIN, .revents = 0};
  if (poll(&ready, 1, patience_ms) != 1) return {};
  char byte = 0;
  iovec part{&byte, 1};
  Space space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.bytes;
  message.msg_controllen = sizeof space.bytes;
  if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1) return {};
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (!head || head->cmsg_type != SCM_RIGHTS) return {};
  int end = -1;
  std::memcpy(&end, CMSG_DATA(head), sizeof end);
  return UniqueFd(end);
}

int run_adopted(Script script) {
  UniqueFd inherited_socket(node::first_inherited);
  if (!script || !enter_sandbox()) return 3;
  auto ends = transport::Link::socket_pair();
  if (!ends || !send_end(inherited_socket.get(), ends->first.get())) return 4;
  ends->first.reset();
  inherited_socket.reset();
  auto inherited = node::ChildNode::welcomed(ends->second.release(), patience_ms);
  auto loop = Loop::create_embedded();
  if (!inherited || !loop) return 5;
  auto node = node::ChildNode::connect(**loop, *inherited, {.sandboxed = true});
  if (!node) return 6;
  Child self(**loop, **node);
  const int code = run_guarded(script, self);
  (*node)->disconnect();
  return code;
}

}  // namespace

MULLION_TEST_PROGRAM(is_adopted) {
  _exit(run_adopted(script_named(argv[argc - 1])));  // what sanitizers do at exit is forbidden in the sandbox
}

// As a zygote does, which outlives it and learns how it ended.
MULLION_TEST_PROGRAM(starts_one_that_is_adopted) {
  auto started =
      node::spawn({.arguments = {program("is_adopted"), argv[argc - 1]}, .inherit = {node::first_inherited}});
  if (!started) return 1;
  int status = 0;
  return waitpid(started->pid, &status, 0) == started->pid ? WEXITSTATUS(status) : 2;
}

Foreign::Foreign(std::string_view script, Parent parent) {
  auto sockets = transport::Link::socket_pair();
  EXPECT(sockets);
  const char* how = parent == Parent::us ? "is_adopted" : "starts_one_that_is_adopted";
  auto started = node::spawn({.arguments = {program(how), std::string(script)}, .inherit = {sockets->second.get()}});
  EXPECT(started);
  pid_ = started->pid;
  socket_ = std::move(sockets->first);
}

Foreign::~Foreign() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  join();
}

UniqueFd Foreign::take_end() { return receive_end(socket_.get()); }

int Foreign::join() {
  int status = 0;
  if (pid_ > 0) waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

}  // namespace mullion::harness
