#include <doctest/doctest.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "cef/browser/hello_server.hpp"
#include "cef/browser/process_end.hpp"
#include "mullion/base/log.hpp"
#include "mullion/transport/link.hpp"

using namespace mullion;

namespace {

constexpr std::uint64_t patience_ms = 20'000;

// A server, and a zygote's connection to it.
class Main {
 public:
  Main() : loop_(*Loop::create()) {
    set_log_sink([](Level, std::string_view) {});
    REQUIRE(mkdtemp(folder_));
    auto made = cef::HelloServer::create(*loop_, folder_, [this](UniqueFd link) { return adopt(std::move(link)); });
    REQUIRE(made);
    server_ = std::move(*made);
    connect();
  }
  ~Main() {
    server_ = nullptr;
    std::filesystem::remove_all(folder_);
    set_log_sink({});
  }

  int zygote() const { return zygote_.get(); }
  const cef::HelloServer& server() const { return *server_; }
  Result<> say(std::int32_t child, UniqueFd link) { return cef::send_hello(zygote(), {child, std::move(link)}); }
  UniqueFd end() {
    auto pair = transport::Link::socket_pair();
    REQUIRE(pair);
    kept_.push_back(std::move(pair->second));
    return std::move(pair->first);
  }
  // Turns until so many were taken in.
  bool adopts(std::size_t count) {
    wanted_ = count;
    if (adopted_.size() >= wanted_) return true;
    const Timer deadline(*loop_, patience_ms, [this] { loop_->stop(); });
    REQUIRE(loop_->run());
    return adopted_.size() >= wanted_;
  }
  // What was said is there already.
  void hear_all() {
    for (int waiting = 1; waiting > 0;) {
      loop_->dispatch();
      REQUIRE(ioctl(zygote_.get(), SIOCOUTQ, &waiting) == 0);
    }
  }
  std::size_t adopted() const { return adopted_.size(); }
  bool is_cut_off() {
    Timer deadline(*loop_, patience_ms, [this] { loop_->stop(); });
    Timer look(*loop_, 1, [this] { server_->is_cut_off() ? loop_->stop() : void(); }, 1);
    REQUIRE(loop_->run());
    return server_->is_cut_off();
  }

  bool refuses = false;

 private:
  void connect() {
    zygote_ = UniqueFd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    server_->path().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::connect(zygote_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  Result<> adopt(UniqueFd link) {
    if (refuses) return std::unexpected(Error{.message = "not now"});
    adopted_.push_back(std::move(link));
    if (adopted_.size() >= wanted_) loop_->stop();
    return {};
  }

  char folder_[32] = "/tmp/mullion-test-XXXXXX";
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<cef::HelloServer> server_;
  UniqueFd zygote_;
  std::vector<UniqueFd> adopted_;
  std::vector<UniqueFd> kept_;
  std::size_t wanted_ = 0;
};

}  // namespace

TEST_CASE("hello: a renderer is taken in, and known by the process that made its end") {
  Main main;
  CHECK(main.server().child_of(getpid()) == 0);
  REQUIRE(main.say(5, main.end()));
  CHECK(main.adopts(1));
  CHECK(main.server().child_of(getpid()) == 5);
  CHECK(main.server().child_of(1) == 0);
}

TEST_CASE("hello: what is none is dropped, and the next one heard") {
  Main main;
  char junk[4096] = "mullion";
  for (std::size_t size : {std::size_t{1}, std::size_t{8}, std::size_t{9}, sizeof junk})
    REQUIRE(send(main.zygote(), junk, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size));
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  REQUIRE(main.say(6, UniqueFd(pipe[0])));
  REQUIRE(main.say(7, UniqueFd(pipe[1])));
  REQUIRE(main.say(0, main.end()));
  REQUIRE(main.say(-1, main.end()));
  REQUIRE(main.say(8, main.end()));
  CHECK(main.adopts(1));
  CHECK(main.adopted() == 1);
  CHECK(main.server().child_of(getpid()) == 8);
}

TEST_CASE("hello: a process says it once, so it takes no other's number") {
  Main main;
  REQUIRE(main.say(5, main.end()));
  REQUIRE(main.adopts(1));
  REQUIRE(main.say(9, main.end()));
  REQUIRE(main.say(5, main.end()));
  main.hear_all();
  CHECK(main.server().child_of(getpid()) == 5);
  CHECK(main.adopted() == 1);
}

TEST_CASE("hello: what main does not take in has no number") {
  Main main;
  main.refuses = true;
  REQUIRE(main.say(5, main.end()));
  main.hear_all();
  CHECK(main.server().child_of(getpid()) == 0);
  main.refuses = false;
  REQUIRE(main.say(5, main.end()));
  CHECK(main.adopts(1));
  CHECK(main.server().child_of(getpid()) == 5);
}

TEST_CASE("hello: a socket that was shut while its zygote lives is known to be cut off") {
  Main main;
  main.hear_all();
  CHECK_FALSE(main.server().is_cut_off());
  REQUIRE(shutdown(main.zygote(), SHUT_RDWR) == 0);
  CHECK(main.is_cut_off());
}

TEST_CASE("hello: the socket is this user's alone") {
  const Main main;
  struct stat file{};
  REQUIRE(stat(main.server().path().c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
}

namespace {

// A child that ends so, once its end can be seen.
struct Ended {
  int pid = 0;
  UniqueFd process;

  explicit Ended(int signal, int code = 0) {
    pid = fork();
    if (pid == 0) {
      std::signal(signal, SIG_DFL);
      if (signal) raise(signal);
      _exit(code);
    }
    process = cef::open_process(pid);
    siginfo_t info{};
    REQUIRE(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
  }
  ~Ended() { waitpid(pid, nullptr, 0); }
  std::string how() const {
    auto end = cef::end_of(process, pid);
    return end.reason + " " + std::to_string(end.code);
  }
};

}  // namespace

TEST_CASE("process end: its reason and its code are Electron's, of a process that nobody has collected") {
  CHECK(Ended(0).how() == "clean-exit 0");
  CHECK(Ended(0, 3).how() == "abnormal-exit 3");
  CHECK(Ended(SIGKILL).how() == "killed 9");
  CHECK(Ended(SIGTERM).how() == "killed 15");
  CHECK(Ended(SIGSEGV).how() == "crashed 11");
}

TEST_CASE("process end: of one that its parent has collected the kernel may know, and nothing is made up") {
  const Ended killed(SIGKILL);
  REQUIRE(waitpid(killed.pid, nullptr, 0) == killed.pid);
  auto how = killed.how();
  CHECK((how == "killed 9" || how == "abnormal-exit 0"));
  MESSAGE(how);
}

TEST_CASE("process end: one that runs has not ended") {
  CHECK_FALSE(cef::has_ended(cef::open_process(getpid())));
  CHECK(cef::has_ended(UniqueFd()));
}
