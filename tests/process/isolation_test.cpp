#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fixture.hpp"
#include "harness/waiting.hpp"
#include "mullion/base/unique_fd.hpp"

using namespace mullion;
using test::TestApp;

namespace {

constexpr const char* measures[] = {"noNewPrivileges", "noCapabilities", "limits",           "systemCalls",
                                    "emptyRoot",       "landlockFiles",  "landlockNetwork",  "landlockScope",
                                    "userNamespace",   "pidNamespace",   "networkNamespace", "ipcNamespace"};

// A hostile child, and a victim beside it that is an ordinary process.
class Attacked {
 public:
  explicit Attacked(Isolation isolation) {
    child_ = *main::UtilityProcess::fork(*app, "hostile", {.isolation = isolation});
    victim_ = *main::UtilityProcess::fork(*app, "serves");
    child_->on(main::message, [this](Message& message) { answer_ = message.data; });
    child_->on(main::exit, [this](int code) { exit_ = code; });
  }
  // What came of it; "" when the child is gone.
  Value asked(const Value& order) {
    answer_.reset();
    REQUIRE(child_->post_message(order));
    REQUIRE(app.until([&] { return answer_ || exit_; }));
    return answer_.value_or(Value(""));
  }
  std::string tries(std::string_view what, int pid = 0, std::string_view name = "") {
    return asked(Value{{"try", what}, {"pid", pid}, {"name", name}}).string();
  }
  int victim() const { return victim_->pid(); }

  TestApp app;
  std::optional<int> exit_;

 private:
  std::optional<main::UtilityProcess> child_, victim_;
  std::optional<Value> answer_;
};

struct Both {
  Attacked isolated{Isolation::isolated}, same_user{Isolation::same_user};
};

// Refused to the one, and done by the other: the attempt itself is sound.
void refused(Both& both, std::string_view what, int pid = 0, std::string_view name = "") {
  CAPTURE(what);
  CHECK(both.isolated.tries(what, pid, name) == "EPERM");
  CHECK(both.same_user.tries(what, pid, name) == "done");
}

// What an ordinary process may do to main depends on whose it is: main is undumpable, root may all the same.
void refused_by_filter(Both& both, std::string_view what, int pid = 0, std::string_view name = "") {
  CAPTURE(what);
  CHECK(both.isolated.tries(what, pid, name) == "EPERM");
}

}  // namespace

TEST_CASE("isolation: another process's memory cannot be read") {
  Both both;
  refused(both, "memory-file", both.same_user.victim());
  refused(both, "memory", both.same_user.victim());
  refused_by_filter(both, "memory-file", getpid());
  refused_by_filter(both, "memory", getpid());
}

TEST_CASE("isolation: another process's descriptors cannot be taken") {
  Both both;
  refused(both, "descriptor", both.same_user.victim());
  refused_by_filter(both, "descriptor", getpid());
  CHECK(both.isolated.tries("descriptor") == "EPERM");  // by the pidfd of main that it inherits
}

TEST_CASE("isolation: another process cannot be traced or compared with") {
  Both both;
  refused(both, "trace", both.same_user.victim());
  refused_by_filter(both, "trace", getpid());
  refused(both, "compare", both.same_user.victim());
}

TEST_CASE("isolation: main, siblings and everybody else get no signal, however it is sent") {
  Both both;
  for (int pid : {getpid(), both.same_user.victim()})
    for (const char* way : {"signal", "signal-thread", "signal-by-owner"}) refused(both, way, pid);
  refused(both, "signal-by-pidfd");
  refused(both, "signal-everybody");
}

TEST_CASE("isolation: another process's limits and priority are out of reach") {
  Both both;
  refused(both, "limit", both.same_user.victim());
  refused(both, "slow", both.same_user.victim());
}

TEST_CASE("isolation: it starts no process and runs no program") {
  Both both;
  refused(both, "child");
  refused(both, "program");
}

TEST_CASE("isolation: there is no network") {
  Both both;
  for (const char* socket : {"internet", "internet-6", "netlink"}) refused(both, socket);
}

TEST_CASE("isolation: other programs' sockets cannot be reached") {
  Both both;
  const std::string name = "mullion-isolation-test-" + std::to_string(getpid());
  const UniqueFd server(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
  REQUIRE(bind(server.get(), reinterpret_cast<const sockaddr*>(&address),
               static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())) == 0);
  REQUIRE(listen(server.get(), 8) == 0);
  refused(both, "abstract", 0, name);
  refused(both, "datagrams");
}

TEST_CASE("isolation: a socket that main might close cannot be made to linger") {
  Both both;
  refused(both, "linger");
  refused(both, "internet");  // nor is there one that lingers
}

TEST_CASE("isolation: no file is opened, made, removed or looked at") {
  Both both;
  const std::string made = "/tmp/mullion-isolation-test-" + std::to_string(getpid());
  refused(both, "open", 0, "/etc/passwd");
  refused(both, "open", 0, "/proc/self/maps");
  refused(both, "open-path", 0, "/");
  refused(both, "make", 0, made);
  refused(both, "make-folder", 0, made);
  CHECK(both.isolated.tries("remove", 0, "/nowhere/at-all") == "EPERM");
  CHECK(both.same_user.tries("remove", 0, "/nowhere/at-all") == "ENOENT");
}

TEST_CASE("isolation: not even the name of a file is there, where the root is empty") {
  Both both;
  CHECK(both.same_user.tries("look", 0, "/etc/passwd") == "done");
  const bool empty_root = both.isolated.asked("report").boolean("emptyRoot");
  CHECK(both.isolated.tries("look", 0, "/etc/passwd") == (empty_root ? "ENOENT" : "done"));
}

TEST_CASE("isolation: no holes are punched into memory that others may map") {
  Both both;
  refused(both, "punch");
  refused(both, "remove-mapping");
}

TEST_CASE("isolation: nobody's page faults are held up") {
  Both both;
  refused(both, "faults");
}

TEST_CASE("isolation: no queue of system calls, no keys, no segments of System V") {
  Both both;
  for (const char* what : {"io-uring", "keys", "shared-segment"}) refused(both, what);
}

TEST_CASE("isolation: nothing is mounted, no namespace and no root is changed") {
  Both both;
  refused(both, "unshare");
  for (const char* what : {"mount", "chroot"}) refused_by_filter(both, what);
  CHECK(both.same_user.tries("mount") == "ENOENT");  // it looked for the place
}

TEST_CASE("isolation: a child has a quarter of main's descriptors at most and raises no limit") {
  Both both;
  refused(both, "set-limit");
  CHECK(both.isolated.tries("many") == "EMFILE");
  CHECK(both.same_user.tries("many") == "EMFILE");
}

TEST_CASE(
    "isolation: descriptors that it leaves in flight keep neither main nor an ordinary child from sending theirs") {
  Attacked attacked(Isolation::isolated);
  CHECK(attacked.tries("in-flight") == "ETOOMANYREFS");
  auto other = main::UtilityProcess::fork(*attacked.app, "echo");
  REQUIRE(other);  // both ends of a link send some to make it
  bool heard = false;
  other->on(main::message, [&](Message&) { heard = true; });
  REQUIRE(other->post_message("are you there?"));
  CHECK(attacked.app.until([&] { return heard; }));
}

TEST_CASE("isolation: a child that floods its link with descriptors is cut off, and main keeps none") {
  Attacked attacked(Isolation::isolated);
  std::string reason;
  attacked.app->on(main::child_process_gone, [&](const main::ChildProcessGone& gone) { reason = gone.reason; });
  attacked.asked("report");
  const int before = harness::open_descriptors();
  attacked.tries("over-link");
  CHECK(attacked.app.until([&] { return attacked.exit_.has_value(); }));
  CHECK(reason == "protocol");
  CHECK(harness::descriptors_return_to(before));
}

TEST_CASE("isolation: what it may do works: threads, machine code, time, pipes, its own signals") {
  for (auto isolation : {Isolation::same_user, Isolation::isolated}) {
    TestApp app;
    std::string heard;
    int code = -1;
    auto child = main::UtilityProcess::fork(*app, "honest", {.isolation = isolation});
    REQUIRE(child);
    child->on(main::message, [&](Message& message) { heard = message.data.string(); });
    child->on(main::exit, [&](int with) { code = with; });
    REQUIRE(app.until([&] { return code >= 0; }));
    CHECK(heard == "all well");
    CHECK(code == 0);
  }
}

TEST_CASE("isolation: the report tells each measure, and nothing of a process that is not isolated") {
  Both both;
  const Value isolated = both.isolated.asked("report"), same_user = both.same_user.asked("report");
  for (const char* measure : measures) {
    CHECK_FALSE(same_user.boolean(measure));
    MESSAGE(std::string(measure) << ": " << isolated.boolean(measure));
  }
  for (const char* always : {"noNewPrivileges", "noCapabilities", "limits", "systemCalls"})
    CHECK(isolated.boolean(always));
}
