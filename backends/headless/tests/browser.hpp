// What the tests of this folder share: a folder of pages, a page that shows them, and what became of it, as text.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "headless/page/page.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/script/engine.hpp"

namespace mullion::headless {

// A folder of its own under the system's temporary one, removed with all it holds.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  std::string url(std::string_view name) const { return Url::from_path(path(name)).href(); }
  std::string write(std::string_view name, std::string_view text) const;  // makes folders too; answers the URL
  void link(std::string_view name, std::string_view target) const;

 private:
  std::string path_;
};

// A page on an engine of its own, and a record of what it reported:
//   "log: text", "warning: text", "error: text @ url:line", "started", "navigated URL", "dom-ready", "finished",
//   "failed -6 ERR_FILE_NOT_FOUND URL", "stopped", "title: text", "close".
// The folder's path is written as ~.
class Browser : PageEvents {
 public:
  Browser();
  ~Browser();

  // Loads a URL and waits until that load stopped.
  void load(std::string_view url);
  // Writes a page of one script and loads it; answers what it logged until the load stopped, a line each.
  std::string run(std::string_view script);
  // The same, until it logs "end".
  std::string run_to_end(std::string_view script);
  std::string console() const;  // what was logged since the last load began
  std::string all() const;      // everything since then
  bool wait(const std::function<bool()>& done);
  bool wait_for(std::string_view line);
  bool saw(std::string_view line) const;
  void settle();  // lets the loop do what it has to do already

  Folder folder;
  std::unique_ptr<Loop> loop;
  std::unique_ptr<script::Engine> engine;
  std::map<std::string, Resource, std::less<>> app;  // what app://test/PATH answers
  std::function<Result<>(Which, script::Context&)> on_context;
  std::function<void()> on_release;
  std::vector<std::string> lines;
  int loads = 0;
  std::unique_ptr<Page> page;

 private:
  void add(std::string line);
  void started_loading(std::uint64_t) override { add("started"); }
  void navigated(std::string_view url) override { add("navigated " + std::string(url)); }
  Result<> context_created(Which which, script::Context& context, std::string_view url) override;
  void contexts_released() override;
  void dom_ready() override { add("dom-ready"); }
  void finished_loading() override { add("finished"); }
  void failed_loading(NetError why, std::string_view url) override;
  void stopped_loading() override;
  void title(std::string_view text) override { add("title: " + std::string(text)); }
  void console(const ConsoleLine& line) override;
  void close_requested() override { add("close"); }
};

// Runs a script in a page of its own: what it logged. Errors have their place: "error: text @ file://~/test.js:3".
std::string run(std::string_view script);
std::string run_to_end(std::string_view script);

}  // namespace mullion::headless
