#include "demo.hpp"

#include <mullion/base/loop.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "grep.hpp"

using namespace mullion;
namespace fs = std::filesystem;

namespace {

constexpr const char* default_texts = "/usr/share/common-licenses";

std::unexpected<Error> wrong(std::string path, const std::string& why) {
  return std::unexpected(Error{.kind = Kind::invalid, .code = "EINVAL", .message = std::move(path) + ": " + why});
}

// A text that can be explored, or why not.
Result<std::uint64_t> check_text(const std::string& path) {
  std::error_code error;
  auto status = fs::status(path, error);
  if (!fs::exists(status)) return wrong(path, error ? error.message() : "No such file or directory");
  if (fs::is_directory(status)) return wrong(path, "Is a directory; name a text file");
  if (!fs::is_regular_file(status)) return wrong(path, "Is not a regular file");
  auto bytes = fs::file_size(path, error);
  if (error) return wrong(path, error.message());
  if (bytes == 0) return wrong(path, "Is empty");
  if (bytes > (1ull << 30)) return wrong(path, "Is larger than 1 GiB");
  if (std::FILE* file = std::fopen(path.c_str(), "re"); file) {
    std::fclose(file);
    return bytes;
  }
  return std::unexpected(errno_error(path));
}

Result<std::vector<std::string>> texts_of(const std::string& path) {
  if (!path.empty()) return std::vector{path};
  std::vector<std::string> texts;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(default_texts, error))
    if (entry.is_regular_file() && !entry.is_symlink()) texts.push_back(entry.path());
  if (texts.empty()) return wrong(default_texts, "holds no texts; name a FILE");
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::string page_path() { return fs::read_symlink("/proc/self/exe").parent_path() / "index.html"; }

std::string joined(const std::vector<std::string>& queries) {
  if (queries.size() == 1) return "'" + queries[0] + "'";
  return std::to_string(queries.size()) + " searches in one message";
}

}  // namespace

Demo::Demo(main::App& app, DemoOptions options) : app_(app), options_(std::move(options)) {}

Demo::~Demo() { *alive_ = false; }

Task<Result<>> Demo::run() {
  app_.on(main::window_all_closed, [] {});
  if (auto listening = listen(); !listening) co_return listening;
  auto running = options_.interactive ? run_on(transport::Medium::automatic) : run_all();
  co_return co_await std::move(running);
}

Task<Result<>> Demo::run_all() {
  for (auto medium : {transport::Medium::automatic, transport::Medium::shm, transport::Medium::pipe}) {
    auto running = run_on(medium);
    auto done = co_await std::move(running);
    if (!done) co_return done;
  }
  co_return {};
}

Task<Result<>> Demo::run_on(transport::Medium medium) {
  medium_ = medium;
  found_.clear();
  killing_ = finished_ = false;
  std::printf("\n== transport: %s ==\n", std::string(to_string(medium)).c_str());
  auto window = main::BrowserWindow::create(
      app_,
      {.title = "Explorer",
       .width = 1180,
       .height = 760,
       .backend = options_.backend,
       .transport = medium,
       .web_preferences = {.preload = "bridge",
                           .additional_arguments = {options_.file, options_.interactive ? "interactive" : "demo"}}});
  if (!window) co_return std::unexpected(window.error());
  window_ = *window;
  if (options_.interactive) window_->on(main::closed, [this] { end({}); });
  auto [answer, waiting] = one_shot<Result<>>();
  outcome_.emplace(std::move(answer));
  window_->web_contents().on(main::console_message, [](const backend::ConsoleMessage& message) {
    std::printf("page: %s\n", message.message.c_str());
  });
  window_->web_contents().on(main::preload_error,
                             [this](const main::PreloadError& why) { end(std::unexpected(why.error)); });
  window_->web_contents().on(main::render_process_gone, [this](const main::RenderProcessGone& gone) {
    end(std::unexpected(Error{.message = "the page's process is gone: " + gone.reason}));
  });
  auto page = page_path();
  auto loading = window_->load_file(page);
  auto loaded = co_await std::move(loading);
  if (!loaded) co_return loaded;
  auto outcome = co_await std::move(waiting);
  window_->destroy();
  co_return outcome ? std::move(*outcome) : std::unexpected(Error{.message = "nobody said how it went"});
}

void Demo::end(Outcome outcome) {
  if (auto answer = std::exchange(outcome_, std::nullopt)) (*answer)(std::move(outcome));
}

Result<> Demo::listen() {
  auto& ipc = app_.ipc_main();
  if (auto handled = ipc.handle(
          open_texts,
          [this](main::InvokeEvent event, Table<OpenTexts> request) { return open(event, std::move(request)); });
      !handled)
    return handled;
  if (auto handled = ipc.handle(ping,
                                [](main::InvokeEvent, Table<Ping> request) {
                                  PongT pong;
                                  pong.n = request->n();
                                  return pong;
                                });
      !handled)
    return handled;
  if (auto handled = ipc.handle(processes, [this](main::InvokeEvent, Table<AskProcesses>) { return processes_now(); });
      !handled)
    return handled;
  ipc.on(indexing, [](const main::IpcMainEvent&, Table<Indexing> progress) {
    std::printf("indexing: %3.0f %% of %llu bytes\n",
                100.0 * static_cast<double>(progress->done()) / static_cast<double>(progress->total()),
                static_cast<unsigned long long>(progress->total()));
    std::fflush(stdout);
  });
  ipc.on(times, [](const main::IpcMainEvent&, Table<Times> row) {
    std::printf("%-16s %6u round trips   p50 %8.1f us   p99 %8.1f us   max %8.1f us\n", row->path()->c_str(),
                row->count(), row->p50_us(), row->p99_us(), row->max_us());
  });
  ipc.on(found, [this](const main::IpcMainEvent&, Table<Found> what) { found_.push_back(what.unpack()); });
  ipc.on(searched, [this](const main::IpcMainEvent&, Table<Searched>) { after_searches(); });
  ipc.on(port_closed, [](const main::IpcMainEvent&, Table<PortClosed> closed) {
    std::printf("page: the port closed, reason %s\n", closed->reason() ? closed->reason()->c_str() : "");
  });
  ipc.on(failed, [this](const main::IpcMainEvent&, Table<Failed> why) {
    end(std::unexpected(Error{.message = why->why()->str()}));
  });
  ipc.on(finished, [this](const main::IpcMainEvent&, Table<Finished>) {
    if (!killing_) return end(std::unexpected(Error{.message = "the page has finished before the indexer was killed"}));
    finished_ = true;
    if (!worker_) end({});
  });
  app_.on(main::child_process_gone, [this](const main::ChildProcessGone& gone) {
    std::printf("main: %s is gone: %s (%d)\n", gone.name.c_str(), gone.reason.c_str(), gone.exit_code);
    worker_.reset();
    if (!killing_) return end(std::unexpected(Error{.message = "the indexer is gone: " + gone.reason}));
    if (finished_) end({});  // the page hears of the death on a link of its own, and may have been first
  });
  return {};
}

Task<Result<OpenedT>> Demo::open(main::InvokeEvent event, Table<OpenTexts> request) {
  auto texts = texts_of(request->path()->str());
  if (!texts) co_return std::unexpected(texts.error());
  OpenedT opened;
  for (const auto& text : *texts) {
    auto bytes = check_text(text);
    if (!bytes) co_return std::unexpected(bytes.error());
    opened.bytes += *bytes;
  }
  texts_ = std::move(*texts);
  opened.texts = texts_;
  std::printf("%zu text%s, %llu bytes\n", texts_.size(), texts_.size() == 1 ? "" : "s",
              static_cast<unsigned long long>(opened.bytes));
  if (auto started = start_indexer(event.sender_frame); !started) co_return std::unexpected(started.error());
  co_return opened;
}

Result<> Demo::start_indexer(const main::WebFrame& page) {
  auto worker = main::UtilityProcess::fork(app_, "indexer", {.service_name = "Indexer", .transport = medium_});
  if (!worker) return std::unexpected(worker.error());
  auto ends = app_.create_channel();
  if (!ends) return std::unexpected(ends.error());
  if (auto sent = worker->post_message(texts_, std::move(ends->port1)); !sent) return sent;
  worker_ = *worker;
  return page.post_message("index", "search here", std::move(ends->port2));
}

// grep takes its time on large files: it runs beside the loop.
void Demo::after_searches() {
  print_processes();
  std::thread([this, alive = alive_, found = found_, texts = texts_, poster = app_.loop().poster()] {
    std::vector<Result<Counted>> counted;
    for (const auto& search : found) counted.push_back(grep(search.queries, search.limit, texts));
    (void)poster.post(
        [this, alive, found, counted = std::move(counted)] { *alive ? compare(found, counted) : void(); });
  }).detach();
}

void Demo::compare(const std::vector<FoundT>& found, const std::vector<Result<Counted>>& counted) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& search = found[i];
    if (!counted[i]) return end(std::unexpected(counted[i].error()));
    bool agrees = *counted[i] == Counted{search.lines, search.bytes, search.hash};
    std::printf("search %-36s %8llu lines %10llu bytes in %4u message%s  %s\n", joined(search.queries).c_str(),
                static_cast<unsigned long long>(search.lines), static_cast<unsigned long long>(search.bytes),
                search.messages, search.messages == 1 ? " " : "s", agrees ? "as grep" : "NOT as grep");
    if (!agrees)
      return end(std::unexpected(
          Error{.message = "search " + joined(search.queries) + ": the page got something else than grep"}));
  }
  if (!worker_) return end(std::unexpected(Error{.message = "the indexer went away early"}));
  std::printf("main: kill -9 %d (Indexer)\n", worker_->pid());
  killing_ = true;
  if (worker_->pid() > 0) ::kill(worker_->pid(), SIGKILL);
}

ProcessesT Demo::processes_now() const {
  ProcessesT all;
  for (const auto& metric : app_.get_app_metrics()) {
    auto row = std::make_unique<ProcessRowT>();
    bool is_main = metric.type == "Browser";
    row->role = is_main ? "main" : metric.type == "Tab" ? "renderer" : "utility";
    row->pid = metric.pid;
    row->memory = metric.memory_bytes;
    row->transport = is_main ? "" : to_string(metric.transport);
    row->sent = metric.messages_sent;
    row->received = metric.messages_received;
    all.rows.push_back(std::move(row));
  }
  return all;
}

void Demo::print_processes() const {
  std::printf("%-10s %8s %10s  %-10s %10s %10s\n", "process", "pid", "memory", "transport", "sent", "received");
  for (const auto& row : processes_now().rows)
    std::printf("%-10s %8d %7.1f MB  %-10s %10llu %10llu\n", ((row->role == "main" ? "" : "  ") + row->role).c_str(),
                row->pid, static_cast<double>(row->memory) / 1e6, row->transport.c_str(),
                static_cast<unsigned long long>(row->sent), static_cast<unsigned long long>(row->received));
}
