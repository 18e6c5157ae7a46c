// One world of a document: its context, the platform in it, and what the platform asks of native code.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "headless/page/rejections.hpp"
#include "mullion/base/log.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/script/engine.hpp"

namespace mullion::headless {

struct ConsoleLine {
  Level level = Level::info;
  std::string text{};
  std::string url{};  // of the script; empty when unknown
  int line = 0;       // from 1; 0 when unknown
};

class World;

// What the platform of a world asks of its document. Called while script runs.
class WorldHost {
 public:
  virtual void console(ConsoleLine line) = 0;
  virtual const std::string& title() const = 0;
  virtual void set_title(std::string title) = 0;
  // how: "assign", "replace" or "reload".
  virtual void navigate(std::string_view url, std::string_view how) = 0;
  virtual void fetch(World& world, double id, std::string_view url) = 0;
  virtual void close() = 0;

 protected:
  ~WorldHost() = default;
};

struct WorldOptions {
  std::string name{};  // for the engine's diagnostics
  std::string character_set = "utf-8";
  std::string content_type = "text/html";
  std::string language = "en-US";
};

// What a world is made with, and needs as long as it lives.
struct WorldParts {
  Loop& loop;
  script::Engine& engine;
  Rejections& rejections;
  WorldHost& host;
};

// Script thread. Must not end while its script runs.
class World {
 public:
  static Result<std::unique_ptr<World>> create(const WorldParts& parts, const WorldOptions& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  script::Context& context() { return *context_; }
  // Whose callbacks are to be dropped with the world.
  std::weak_ptr<void> alive() const { return alive_; }

  // Calls one of the platform's entries (platform/*.js: entries.NAME).
  template <class... A>
  script::Scalar call(std::string_view entry, A&&... arguments) {
    script::Scalar list[sizeof...(A) + 1] = {script::Scalar(entry), script::Scalar(std::forward<A>(arguments))...};
    return call_entry(list);
  }
  script::Scalar call_entry(std::span<script::Scalar> name_and_arguments);
  // Runs a page's script; what it throws is reported in the page. Line numbers from 1.
  void run(std::string_view source, std::string_view url, int line);

 private:
  explicit World(const WorldParts& parts) : loop_(parts.loop), rejections_(parts.rejections), host_(parts.host) {}
  Result<> install(const WorldOptions& options);
  Result<std::unique_ptr<script::Function>> take_entry(std::string_view name);
  void start_timer(std::uint32_t id, double delay_ms, bool repeats);
  void fire_timer(std::uint32_t id, bool repeats, int nesting);

  friend struct Natives;
  Loop& loop_;
  Rejections& rejections_;
  WorldHost& host_;
  std::shared_ptr<void> alive_ = std::make_shared<int>();
  std::uint64_t started_ns_ = 0;
  std::unique_ptr<script::Context> context_;
  std::unique_ptr<script::Function> entry_;
  std::unique_ptr<script::Function> ended_;
  std::unique_ptr<script::Function> rejected_;
  int timer_nesting_ = 0;  // of the timer whose callback runs: how many started one another before it
  std::unordered_map<std::uint32_t, Timer> timers_;
};

}  // namespace mullion::headless
