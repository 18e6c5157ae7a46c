#include "headless/page/world.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "headless/page/natives.hpp"
#include "script/embedded.hpp"

namespace mullion::script::embedded {
extern const std::string_view headless_platform;  // platform/*.js
}

namespace mullion::headless {

using script::Scalar;

namespace {

// As on the web: a chain of timers that start one another is slowed, or nothing else would have its turn.
constexpr int most_nested_at_once = 5;
constexpr double least_nested_ms = 4;

std::uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

// Milliseconds, in whole microseconds.
double milliseconds(std::uint64_t ns) { return static_cast<double>(ns / 1000) / 1000; }

std::string user_agent() { return "Mozilla/5.0 (X11; Linux) JavaScriptCore Mullion/" MULLION_VERSION " Headless"; }

}  // namespace

// The natives that belong to one world.
struct Natives {
  using Arguments = std::span<Scalar>;

  static void add(NativeList& list, World& world) {
    add_document(list, world);
    add_time(list, world);
  }

  static void add_document(NativeList& list, World& world) {
    list.add("log", [&world](Arguments arguments) { return log(world, arguments); });
    list.add("title", [&world](Arguments) -> Result<Scalar> { return Scalar(std::string(world.host_.title())); });
    list.add("setTitle", [&world](Arguments arguments) -> Result<Scalar> {
      if (!arguments.empty()) world.host_.set_title(std::string(arguments[0].text()));
      return Scalar();
    });
    list.add("navigate", [&world](Arguments arguments) -> Result<Scalar> {
      if (arguments.size() > 1) world.host_.navigate(arguments[0].text(), arguments[1].text());
      return Scalar();
    });
    list.add("fetch", [&world](Arguments arguments) -> Result<Scalar> {
      if (arguments.size() > 1) world.host_.fetch(world, arguments[0].number(), arguments[1].text());
      return Scalar();
    });
    list.add("close", [&world](Arguments) -> Result<Scalar> {
      world.host_.close();
      return Scalar();
    });
  }

  static void add_time(NativeList& list, World& world) {
    list.add("now", [&world](Arguments) -> Result<Scalar> {
      return Scalar(milliseconds(clock_ns(CLOCK_MONOTONIC) - world.started_ns_));
    });
    list.add("startTimer", [&world](Arguments arguments) -> Result<Scalar> {
      if (arguments.size() > 2) world.start_timer(id(arguments), arguments[1].number(), bool(arguments[2]));
      return Scalar();
    });
    list.add("stopTimer", [&world](Arguments arguments) -> Result<Scalar> {
      world.timers_.erase(id(arguments));
      return Scalar();
    });
  }

  static void add_values(NativeList& list, const WorldOptions& options) {
    list.add_value("timeOrigin", milliseconds(clock_ns(CLOCK_REALTIME)));
    list.add_value("userAgent", user_agent());
    list.add_value("language", options.language);
    list.add_value("processors", std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
    list.add_value("characterSet", options.character_set);
    list.add_value("contentType", options.content_type);
  }

  static std::uint32_t id(Arguments arguments) {
    auto number = arguments.empty() ? 0 : arguments[0].number();
    return number > 0 && number < 4294967296.0 ? static_cast<std::uint32_t>(number) : 0;
  }

  static Result<Scalar> log(World& world, Arguments arguments) {
    if (arguments.size() < 4) return Scalar();
    ConsoleLine line;
    line.level = static_cast<Level>(to_int(arguments[0], 0, 3, 1));
    line.text = arguments[1].text();
    line.url = arguments[2].text();
    line.line = to_int(arguments[3], 0, 1'000'000'000, 0);
    world.host_.console(std::move(line));
    return Scalar();
  }
};

Result<std::unique_ptr<World>> World::create(const WorldParts& parts, const WorldOptions& options) {
  auto context = parts.engine.create_context(options.name);
  if (!context) return std::unexpected(context.error());
  std::unique_ptr<World> world(new World(parts));
  world->context_ = std::move(*context);
  if (auto installed = world->install(options); !installed) return std::unexpected(installed.error());
  return world;
}

World::~World() {
  if (rejected_) rejections_.forget(*rejected_);
}

Result<> World::install(const WorldOptions& options) {
  started_ns_ = clock_ns(CLOCK_MONOTONIC);
  NativeList list(*context_);
  add_pure_natives(list);
  Natives::add(list, *this);
  Natives::add_values(list, options);
  auto natives = list.values();
  if (!natives) return std::unexpected(natives.error());
  auto platform = context_->evaluate(script::embedded::headless_platform, "mullion:platform");
  if (!platform) return std::unexpected(platform.error());
  auto entry = context_->call_with(*platform->function(), *natives);
  if (!entry) return std::unexpected(entry.error());
  entry_ = entry->take_function();
  auto ended = take_entry("ended");
  auto rejected = take_entry("rejected");
  if (!ended || !rejected) return std::unexpected(ended ? rejected.error() : ended.error());
  ended_ = std::move(*ended);
  rejected_ = std::move(*rejected);
  rejections_.report_to(*rejected_);
  return {};
}

Result<std::unique_ptr<script::Function>> World::take_entry(std::string_view name) {
  auto taken = context_->call(*entry_, "entry", name);
  if (!taken) return std::unexpected(taken.error());
  return taken->take_function();
}

Scalar World::call_entry(std::span<Scalar> name_and_arguments) {
  auto result = context_->call_with(*entry_, name_and_arguments);
  if (result) return std::move(*result);
  host_.console({.level = Level::error, .text = result.error().message});
  return {};
}

void World::run(std::string_view source, std::string_view url, int line) {
  auto ended = context_->evaluate_into(*ended_, source, url, line, {});
  if (!ended) host_.console({.level = Level::error, .text = ended.error().message, .url = std::string(url)});
}

void World::start_timer(std::uint32_t id, double delay_ms, bool repeats) {
  const int nesting = timer_nesting_ + 1;
  const double least = nesting > most_nested_at_once ? least_nested_ms : 0.0;
  auto delay = static_cast<std::uint64_t>(std::clamp(delay_ms, least, 2147483647.0));
  timers_.insert_or_assign(
      id, Timer(loop_, delay, [this, id, repeats, nesting] { fire_timer(id, repeats, nesting); }, repeats ? delay : 0));
}

void World::fire_timer(std::uint32_t id, bool repeats, int nesting) {
  if (!repeats) timers_.erase(id);
  timer_nesting_ = nesting;
  call("timer", id);
  timer_nesting_ = 0;
}

}  // namespace mullion::headless
