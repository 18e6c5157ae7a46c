#include "own_engine.hpp"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <map>
#include <thread>

#include "harness/host.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/transport/link.hpp"
#include "transport/packet.hpp"

namespace mullion::test {

namespace {

constexpr int inherited_fd = 3;
constexpr std::size_t most_command = 16 * 1024;

// ---- the engine's process ----

// "+URL\nNAME\nINTRODUCTION" shows a document in a new frame, "-" takes the last frame away.
class EngineSide {
 public:
  EngineSide(UniqueFd commands, backend::ProcessHost& host) : commands_(std::move(commands)), host_(host) {}

  int run() {
    auto sockets = transport::Link::socket_pair();
    std::array<UniqueFd, 1> given{std::move(sockets->first)};
    transport::send_packet(commands_.get(), {.fds = 1}, {}, given);
    auto joined = host_.join(std::move(sockets->second), tasks_.post());
    if (!joined) return 1;
    renderer_ = *joined;
    std::jthread reader([this, post = tasks_.post()] { read_commands(post); });
    while (!over_ && tasks_.run_until([this] { return over_; })) continue;
    frames_.clear();
    host_.leave();
    return 0;
  }

 private:
  void read_commands(const Pump::Post& post) {
    std::string text(most_command, '\0');
    while (true) {
      auto size = recv(commands_.get(), text.data(), text.size(), 0);
      if (size <= 0) return post([this] { over_ = true; });
      post([this, command = text.substr(0, static_cast<std::size_t>(size))] { obey(command); });
    }
  }
  void obey(const std::string& command) {
    if (command[0] == '-') return frames_.pop_back();
    auto end = command.find('\n');
    auto named = command.find('\n', end + 1);
    auto name = command.substr(end + 1, named - end - 1);
    auto frame = renderer_->create_frame(std::string_view(command).substr(named + 1), name);
    if (!frame) return;
    frames_.push_back(std::move(*frame));
    (void)frames_.back()->page_created(command.substr(1, end - 1));
    if (name.empty()) (void)send(commands_.get(), "shown", 5, MSG_NOSIGNAL);
  }

  UniqueFd commands_;
  backend::ProcessHost& host_;
  harness::Host tasks_;
  backend::RendererHost* renderer_ = nullptr;
  std::vector<std::unique_ptr<backend::Frame>> frames_;
  bool over_ = false;
};

// ---- main's side of it ----

class Process {
 public:
  Process(backend::FactoryHost& host) : host_(host) {
    auto sockets = transport::Link::socket_pair();
    commands_ = std::move(sockets->first);
    start(std::move(sockets->second));
    watch_ = std::move(*FdWatch::start(host.loop(), commands_.get(), FdWatch::readable, [this](int) { hear(); }));
  }
  ~Process() {
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  int pid() const { return pid_; }
  void command(const std::string& text) { send(commands_.get(), text.data(), text.size(), MSG_NOSIGNAL); }

  std::function<void()> shown;

 private:
  void start(UniqueFd theirs) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), inherited_fd);
    std::string self = "/proc/self/exe", role(process_switch);
    char* argv[] = {self.data(), role.data(), nullptr};
    posix_spawn(&pid_, self.c_str(), &actions, nullptr, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
  }
  void hear() {
    std::array<std::byte, 64> buffer;
    std::vector<UniqueFd> fds;
    bool zero = false;
    auto heard = transport::receive_packet(commands_.get(), buffer, fds, zero);
    if (heard.status == transport::Received::end) return watch_.watch(0);
    if (!fds.empty()) (void)host_.adopt_renderer(std::move(fds[0]));
    if (fds.empty() && shown) shown();
  }

  backend::FactoryHost& host_;
  UniqueFd commands_;
  pid_t pid_ = 0;
  FdWatch watch_;
};

using Processes = std::map<int, std::unique_ptr<Process>>;

class View final : public backend::View {
 public:
  View(backend::FactoryHost& factory, backend::ViewHost& host, Processes& processes)
      : factory_(factory), host_(host), processes_(processes) {}

  ~View() override {
    for (auto& [number, process] : processes_) process->shown = nullptr;
  }
  Result<> load(std::string url) override {
    url_ = std::move(url);
    auto introduction = host_.introduction(url_), for_frames = host_.sub_frame_introduction();
    std::string_view rest = url_;
    rest.remove_prefix(rest.find(':') + 1);
    shows_ = number(rest);
    host_.did_start_loading();
    process(shows_).shown = [this] { finish(); };
    for (char kind = ','; !rest.empty(); rest = after(rest, kind)) {
      auto name = kind == ',' ? "" : std::to_string(kind == ';' ? number(rest) : shows_);
      const auto& given = kind == ',' ? introduction : for_frames;
      if (!given.empty()) process(number(rest)).command("+" + url_ + "\n" + name + "\n" + given);
    }
    return {};
  }
  Result<> reload() override { return load(url_); }
  void stop() override { process(shows_).command("-"); }
  void set_title(std::string_view) override {}
  void before_unload(std::move_only_function<void(bool)> answer) override { answer(true); }
  void renderer_gone() override { host_.render_process_gone("killed", SIGKILL); }
  void confirm_frame(int pid, std::string_view frame, std::move_only_function<void(bool)> answer) override {
    bool shows = pid == process(frame.empty() ? shows_ : number(frame)).pid();
    if (!frame.empty()) host_.sub_frame_navigated(frame, url_ + "#" + std::string(frame));
    host_.loop().defer([answer = std::move(answer), shows]() mutable { answer(shows); });
  }

 private:
  static std::string_view after(std::string_view text, char& kind) {
    auto next = text.find_first_of(",;!");
    if (next == text.npos) return {};
    kind = text[next];
    return text.substr(next + 1);
  }
  static int number(std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  Process& process(int number) {
    auto& found = processes_[number];
    if (!found) found = std::make_unique<Process>(factory_);
    return *found;
  }
  void finish() {
    host_.did_navigate(url_);
    host_.did_finish_load();
    host_.did_stop_loading();
  }

  backend::FactoryHost& factory_;
  backend::ViewHost& host_;
  Processes& processes_;
  std::string url_;
  int shows_ = 0;
};

class Factory final : public backend::ViewFactory {
 public:
  explicit Factory(backend::FactoryHost& host) : host_(host) {}
  Result<std::unique_ptr<backend::View>> create_view(backend::ViewHost& host, const backend::ViewOptions&) override {
    return std::make_unique<View>(host_, host, processes_);
  }

 private:
  backend::FactoryHost& host_;
  Processes processes_;
};

class OwnEngine final : public backend::Backend {
 public:
  std::string_view name() const override { return "own-engine"; }
  Result<std::unique_ptr<backend::ViewFactory>> create_factory(backend::FactoryHost& host) const override {
    return std::make_unique<Factory>(host);
  }
  Result<std::unique_ptr<backend::Renderer>> create_renderer(backend::RendererHost&) const override {
    return std::unexpected(Error{.kind = Kind::unimplemented, .message = "this engine starts its own processes"});
  }
  std::optional<int> run_process(int argc, char** argv, backend::ProcessHost& host) const override {
    if (argc != 2 || argv[1] != process_switch) return std::nullopt;
    return EngineSide(UniqueFd(inherited_fd), host).run();
  }
};

}  // namespace

std::shared_ptr<const backend::Backend> own_engine() { return std::make_shared<OwnEngine>(); }

}  // namespace mullion::test
