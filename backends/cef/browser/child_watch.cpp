#include "cef/browser/child_watch.hpp"

#include <fstream>
#include <iterator>
#include <utility>

#include "cef/browser/local_socket.hpp"

namespace mullion::cef {

namespace {

constexpr std::size_t most_children = 256;
constexpr int most_looks = 12;

std::string command_line(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  for (char& each : text)
    if (each == '\0') each = ' ';
  return text + ' ';
}

std::string type_of(int pid) {
  constexpr std::pair<std::string_view, const char*> known[] = {
      {" --type=gpu-process ", "GPU"}, {" --type=utility ", "Utility"}, {" --type=zygote ", "Zygote"}};
  auto line = command_line(pid);
  for (auto [argument, type] : known)
    if (line.find(argument) != line.npos) return type;
  return "Unknown";
}

int parent_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; file >> word;)
    if (int parent = 0; word == "PPid:" && file >> parent) return parent;
  return 0;
}

}  // namespace

Result<std::unique_ptr<ChildWatch>> ChildWatch::create(Loop& loop, const std::string& folder, Gone gone) {
  auto path = folder + "/children";
  auto listener = listen_at(path);
  if (!listener) return std::unexpected(std::move(listener).error());
  std::unique_ptr<ChildWatch> made(new ChildWatch(loop, std::move(path), std::move(*listener), std::move(gone)));
  auto watch =
      FdWatch::start(loop, made->listener_.get(), FdWatch::readable, [self = made.get()](int) { self->accept(); });
  if (!watch) return std::unexpected(std::move(watch).error());
  made->watch_ = std::move(*watch);
  return made;
}

ChildWatch::ChildWatch(Loop& loop, std::string path, UniqueFd listener, Gone gone)
    : loop_(loop), path_(std::move(path)), listener_(std::move(listener)), gone_(std::move(gone)) {}

void ChildWatch::accept() {
  auto caller = accept_from(listener_.get());
  int pid = caller ? maker_of(caller.get()) : 0;
  if (!pid || children_.contains(pid) || children_.size() >= most_children) return;
  Child child{.process = open_process(pid), .end = {}, .look_again = {}};
  auto end = FdWatch::start(loop_, child.process.get(), FdWatch::readable, [this, pid](int) { ended(pid); });
  if (!end) return;
  child.end = std::move(*end);
  children_.emplace(pid, std::move(child));
  look_at(pid);
}

// Until a forked process has a command line of its own, it has its zygote's.
void ChildWatch::look_at(int pid) {
  auto& child = children_.at(pid);
  auto type = type_of(pid);
  if (type != "Zygote" || !children_.contains(parent_of(pid))) child.type = type;
  if (child.type != "Unknown" || ++child.looks >= most_looks) return;
  child.look_again = Timer(loop_, std::uint64_t{1} << child.looks, [this, pid] { look_at(pid); });
}

void ChildWatch::ended(int pid) {
  auto child = std::move(children_.extract(pid).mapped());
  auto end = end_of(child.process, pid);
  if (end.reason != "clean-exit") gone_(child.type, end);
}

}  // namespace mullion::cef
