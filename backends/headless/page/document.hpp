// A document: its two worlds, its scripts in their order, its events.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "headless/load/charset.hpp"
#include "headless/load/html.hpp"
#include "headless/load/resource.hpp"
#include "headless/page/events.hpp"
#include "headless/page/world.hpp"

namespace mullion::headless {

// What a document asks of its page. Called while script runs, or in a turn of its own.
class DocumentHost {
 public:
  virtual void navigate_from_page(Url url, bool reload) = 0;
  virtual void document_loaded() = 0;  // `load` has been dispatched

 protected:
  ~DocumentHost() = default;
};

// What documents are made with.
struct DocumentParts {
  Loop& loop;
  script::Engine& engine;
  Rejections& rejections;
  Resources& resources;
  PageEvents& events;
  DocumentHost& host;
};

// Lives from when a load is committed to when another takes its place. Loop thread; must not end while script runs.
class Document final : WorldHost {
 public:
  Document(const DocumentParts& parts, Url url);
  ~Document();

  // Parses, makes both worlds and reports them. Scripts start in a later turn.
  Result<> open(const Resource& resource);
  void halt();  // what has not been loaded yet will not be
  bool halted() const { return phase_ == Phase::halted; }
  bool before_unload();  // false: the page objects
  void unload();         // pagehide and unload; once
  void change_fragment(Url url);

  const Url& url() const { return url_; }

 private:
  enum class Phase : std::uint8_t { parsing, deferred, interactive, loaded, halted };
  // The most URLs and scripts that a turn handles is one: between two scripts messages and timers have their turn.
  void later(void (Document::*step)());
  void next_script();
  const ScriptTag* take_script();
  void run_tag(const ScriptTag& tag);
  void run_external(const ScriptTag& tag);
  void run_text(const ScriptTag& tag, std::string_view source);
  void end_parsing();
  void finish_content();
  void finish_load();
  void script_failed(const ScriptTag& tag, NetError why);

  Result<> create_worlds(const WorldOptions& options);
  void release_worlds();
  void set_ready_state(std::string_view state);
  template <class... A>
  void tell(std::string_view entry, const A&... arguments);
  void error(std::string text, std::string url, int line = 0);

  void console(ConsoleLine line) override;
  const std::string& title() const override { return html_.title; }
  void set_title(std::string title) override;
  void navigate(std::string_view url, std::string_view how) override;
  void fetch(World& world, double id, std::string_view url) override;
  void close() override;

  DocumentParts parts_;
  Url url_;
  Charset charset_ = Charset::utf8;
  HtmlDocument html_;
  Phase phase_ = Phase::parsing;
  std::size_t at_ = 0;  // of the next script to look at
  bool reported_ = false;
  bool unloaded_ = false;
  std::shared_ptr<void> alive_ = std::make_shared<int>();
  std::unique_ptr<World> main_;
  std::unique_ptr<World> isolated_;
};

}  // namespace mullion::headless
