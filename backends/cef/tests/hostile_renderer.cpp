#include "hostile_renderer.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <thread>
#include <vector>

#include "cef/app/hello.hpp"
#include "mullion/transport/link.hpp"

namespace mullion::cef::test {

namespace {

constexpr int flood_messages = 20'000;
constexpr int most_descriptors = 200;

// ---- what is done to the socket ----

void send_garbage(int socket, int times) {
  char junk[4096] = "mullion";
  for (int i = 0; i < times; ++i)
    (void)send(socket, junk, static_cast<std::size_t>(i) % sizeof junk + 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void send_descriptors(int socket, int count) {
  std::vector<int> fds(static_cast<std::size_t>(count), socket);
  std::vector<char> control(CMSG_SPACE(fds.size() * sizeof(int)));
  char words[8] = {0x31, 0x4c, 0x55, 0x4d, 7, 0, 0, 0};
  iovec part{words, sizeof words};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
  std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
  (void)sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void say_to_be_others(int socket) {
  for (int number = -1; number < 64; ++number)
    if (auto pair = transport::Link::socket_pair()) (void)send_hello(socket, {number, std::move(pair->first)});
}

void send_what_is_no_link(int socket) {
  int pipe[2];
  if (::pipe(pipe) == 0) {
    (void)send_hello(socket, {90, UniqueFd(pipe[0])});
    (void)send_hello(socket, {91, UniqueFd(pipe[1])});
  }
  (void)send_hello(socket, {92, UniqueFd(eventfd(0, EFD_CLOEXEC))});
  (void)send_hello(socket, {93, UniqueFd(memfd_create("none", MFD_CLOEXEC))});
  int stream[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, stream) == 0) {
    (void)send_hello(socket, {94, UniqueFd(stream[0])});
    (void)send_hello(socket, {95, UniqueFd(stream[1])});
  }
}

// And goes on with it while the test opens windows.
void attack_socket(int socket) {
  send_garbage(socket, flood_messages);
  send_what_is_no_link(socket);
  for (int count : {1, 2, 17, most_descriptors}) send_descriptors(socket, count);
  say_to_be_others(socket);
  fcntl(socket, F_SETFL, O_NONBLOCK);
  std::thread([socket] {
    while (true) {
      send_garbage(socket, 100);
      send_descriptors(socket, most_descriptors);
      say_to_be_others(socket);
    }
  }).detach();
}

// ---- the process ----

class HostileHost final : public backend::RendererHost {
 public:
  HostileHost(backend::RendererHost& real, const std::string& attack, Board* board, int socket)
      : real_(real), attack_(attack), board_(board), socket_(socket) {}

  Loop& loop() override { return real_.loop(); }
  Result<> post(Value message) override { return real_.post(std::move(message)); }
  void fetch_app_resource(std::string_view url, AppResourceAnswer answer) override {
    real_.fetch_app_resource(url, std::move(answer));
  }
  Result<std::unique_ptr<backend::Frame>> create_frame(std::string_view introduction, std::string_view name) override {
    name.empty() ? in_page(introduction) : in_frame(introduction, name);
    return real_.create_frame(introduction, name);
  }

 private:
  void in_page(std::string_view introduction) {
    is_page_ = true;
    if (introduction.size() <= sizeof board_->page) {
      introduction.copy(board_->page, introduction.size());
      board_->page_size = introduction.size();
    }
    if (++pages_ != 2) return;
    if (attack_ == "socket") attack_socket(socket_);
    if (attack_ == "shutdown") shutdown(socket_, SHUT_RDWR);
    ++board_->attacks;
  }
  void in_frame(std::string_view introduction, std::string_view name) {
    if (is_page_) {
      name.copy(board_->frame, sizeof board_->frame - 1);
      board_->frame_named = 1;
      return;
    }
    std::string_view page(board_->page, board_->page_size);
    if (attack_ == "claim-page") claim(page, "");
    if (attack_ == "claim-frame" && board_->frame_named) claim(introduction, board_->frame);
  }
  void claim(std::string_view introduction, std::string_view name) {
    if (auto frame = real_.create_frame(introduction, name)) stolen_.push_back(std::move(*frame));
    ++board_->attacks;
  }

  backend::RendererHost& real_;
  std::string attack_;
  Board* board_;
  int socket_;
  bool is_page_ = false;
  int pages_ = 0;
  std::vector<std::unique_ptr<backend::Frame>> stolen_;
};

class HostileProcess final : public backend::ProcessHost {
 public:
  HostileProcess(backend::ProcessHost& real, std::string attack, Board* board, int inherited)
      : real_(real), attack_(std::move(attack)), board_(board), inherited_(inherited) {}

  // The renderer has said hello, and closes the socket that it inherited after this.
  Result<backend::RendererHost*> join(UniqueFd socket, Post post) override {
    auto joined = real_.join(std::move(socket), std::move(post));
    if (!joined) return joined;
    struct stat file{};
    if (fstat(inherited_, &file) == 0 && S_ISSOCK(file.st_mode)) board_->has_socket = 1;
    host_ = std::make_unique<HostileHost>(**joined, attack_, board_, dup(inherited_));
    return host_.get();
  }
  void leave() override {
    host_.reset();
    real_.leave();
  }

 private:
  backend::ProcessHost& real_;
  std::string attack_;
  Board* board_;
  int inherited_;
  std::unique_ptr<HostileHost> host_;
};

// The next descriptor that this process opens.
int next_descriptor() {
  int next = dup(STDERR_FILENO);
  close(next);
  return next;
}

class HostileBackend final : public backend::Backend {
 public:
  HostileBackend(std::shared_ptr<const backend::Backend> real, std::string attack, Board* board)
      : real_(std::move(real)), attack_(std::move(attack)), board_(board) {}

  std::string_view name() const override { return real_->name(); }
  Result<std::unique_ptr<backend::ViewFactory>> create_factory(backend::FactoryHost& host) const override {
    return real_->create_factory(host);
  }
  Result<std::unique_ptr<backend::Renderer>> create_renderer(backend::RendererHost& host) const override {
    return real_->create_renderer(host);
  }
  std::optional<int> run_process(int argc, char** argv, backend::ProcessHost& host) const override {
    HostileProcess process(host, attack_, board_, next_descriptor());
    return real_->run_process(argc, argv, process);
  }

 private:
  std::shared_ptr<const backend::Backend> real_;
  std::string attack_;
  Board* board_;
};

}  // namespace

Board* open_board(const std::string& folder) {
  UniqueFd file(open((folder + "/board").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file || ftruncate(file.get(), sizeof(Board)) != 0) return nullptr;
  void* place = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  return place == MAP_FAILED ? nullptr : static_cast<Board*>(place);
}

std::shared_ptr<const backend::Backend> hostile_backend(std::shared_ptr<const backend::Backend> real,
                                                        std::string attack, Board* board) {
  return std::make_shared<HostileBackend>(std::move(real), std::move(attack), board);
}

}  // namespace mullion::cef::test
