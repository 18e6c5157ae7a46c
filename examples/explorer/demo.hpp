// What the explorer's main process does: a window and an indexer on each transport, and a check of what they say.
#pragma once

#include <mullion/main.hpp>

#include <optional>
#include <string>
#include <vector>

#include "channels.hpp"
#include "grep.hpp"

struct DemoOptions {
  std::string file{};        // "": the texts that every Debian has
  std::string backend{};     // "": the first that the program has
  bool interactive = false;  // a window for somebody to use, until it is closed
};

class Demo {
 public:
  Demo(mullion::main::App& app, DemoOptions options);
  ~Demo();
  mullion::Task<mullion::Result<>> run();

 private:
  using Outcome = mullion::Result<>;
  mullion::Task<mullion::Result<>> run_all();
  mullion::Task<mullion::Result<>> run_on(mullion::transport::Medium medium);
  mullion::Task<mullion::Result<OpenedT>> open(mullion::main::InvokeEvent event, mullion::Table<OpenTexts> request);
  mullion::Result<> listen();
  mullion::Result<> start_indexer(const mullion::main::WebFrame& page);
  void print_processes() const;
  ProcessesT processes_now() const;
  void end(Outcome outcome);
  void after_searches();
  void compare(const std::vector<FoundT>& found, const std::vector<mullion::Result<Counted>>& counted);

  mullion::main::App& app_;
  DemoOptions options_;
  mullion::transport::Medium medium_ = mullion::transport::Medium::automatic;
  std::optional<mullion::main::BrowserWindow> window_;
  std::optional<mullion::main::UtilityProcess> worker_;
  std::optional<mullion::OneShot<Outcome>::Answer> outcome_;
  std::vector<std::string> texts_;
  std::vector<FoundT> found_;
  bool killing_ = false;
  bool finished_ = false;  // the page has
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};
