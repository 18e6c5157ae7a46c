#include "browser.hpp"

#include <filesystem>
#include <fstream>

#include "script/jsc/engine.hpp"

namespace mullion::headless {
namespace {

std::string_view name_of(Level level) {
  constexpr std::string_view names[] = {"debug", "log", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

}  // namespace

Folder::Folder() {
  std::string name = std::filesystem::canonical(std::filesystem::temp_directory_path()) / "mullion-headless-XXXXXX";
  REQUIRE(::mkdtemp(name.data()));
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::write(std::string_view name, std::string_view text) const {
  std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
  std::ofstream(path(name), std::ios::binary) << text;
  return url(name);
}

void Folder::link(std::string_view name, std::string_view target) const {
  std::filesystem::create_symlink(target, path(name));
}

Browser::Browser() : loop(std::move(*Loop::create())), engine(std::move(*script::jsc::make_engine(*loop))) {
  auto provider = [this](const Url& url, ResourceAnswer answer) {
    auto found = app.find(url.pathname());
    if (found == app.end() || url.host() != "test") return answer(std::unexpected(err_file_not_found));
    answer(found->second);
  };
  PageEvents& events = *this;
  page = std::make_unique<Page>(*loop, *engine, events, provider);
}

Browser::~Browser() {
  page.reset();
  on_context = nullptr;
}

bool Browser::wait(const std::function<bool()>& done) {
  bool late = false;
  Timer deadline(*loop, 20'000, [&] {
    late = true;
    loop->stop();
  });
  auto check = [&] {
    if (done()) loop->stop();
  };
  Timer often(*loop, 0, check, 1);
  if (!done()) (void)loop->run();
  return !late;
}

bool Browser::saw(std::string_view line) const {
  for (const auto& each : lines)
    if (each == line) return true;
  return false;
}

bool Browser::wait_for(std::string_view line) {
  return wait([&] { return saw(line); });
}

void Browser::settle() {
  bool done = false;
  Timer soon(*loop, 5, [&] { done = true; });
  wait([&] { return done; });
}

void Browser::load(std::string_view url) {
  lines.clear();
  int before = loads;
  page->load(url);
  CHECK(wait([&] { return loads > before; }));
}

std::string Browser::run(std::string_view script) {
  folder.write("test.js", script);
  load(folder.write("test.html", "<!doctype html><script src=test.js></script>"));
  return console();
}

std::string Browser::run_to_end(std::string_view script) {
  run(script);
  CHECK(wait_for("log: end"));
  std::erase(lines, "log: end");
  return console();
}

std::string Browser::console() const {
  std::string out;
  for (const auto& line : lines)
    for (std::string_view kind : {"log: ", "debug: ", "warning: ", "error: "})
      if (line.starts_with(kind)) out += (kind == "log: " ? line.substr(5) : line) + "\n";
  return out;
}

std::string Browser::all() const {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

void Browser::add(std::string line) {
  std::string home = folder.path("");
  home.pop_back();
  for (auto at = line.find(home); at != std::string::npos; at = line.find(home)) line.replace(at, home.size(), "~");
  lines.push_back(std::move(line));
}

Result<> Browser::context_created(Which which, script::Context& context, std::string_view) {
  return on_context ? on_context(which, context) : Result<>();
}

void Browser::contexts_released() {
  if (on_release) on_release();
}

void Browser::failed_loading(NetError why, std::string_view url) {
  add("failed " + std::to_string(why.code) + " " + std::string(why.name) + " " + std::string(url));
}

void Browser::stopped_loading() {
  ++loads;
  add("stopped");
}

void Browser::console(const ConsoleLine& line) {
  bool placed = line.level == Level::error && !line.url.empty();
  std::string place = placed ? " @ " + line.url + (line.line ? ":" + std::to_string(line.line) : "") : "";
  add(std::string(name_of(line.level)) + ": " + line.text + place);
}

std::string run(std::string_view script) { return Browser().run(script); }
std::string run_to_end(std::string_view script) { return Browser().run_to_end(script); }

}  // namespace mullion::headless
