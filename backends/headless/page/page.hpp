// A page: one document after another, and how one takes another's place.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "headless/load/resource.hpp"
#include "headless/page/document.hpp"
#include "headless/page/events.hpp"

namespace mullion::headless {

// Shows one document at a time in two worlds of `engine`. Everything but before_unload is begun in a later turn, so it
// may be called while the page's script runs; the page must not end then. Loop thread; all it is given outlives it.
//
//   Page page(loop, engine, events, provider);
//   page.load("file:///srv/app/index.html");      // events.finished_loading(), in the end
//
// - A load that cannot be read leaves the document that is there.
// - The page itself (location.href = ...) may go where it may read: see Resources. A refusal is a failed load.
// - `beforeunload` is asked before every load that leaves a document; if the page objects, the load fails: ERR_ABORTED.
class Page final : DocumentHost {
 public:
  Page(Loop& loop, script::Engine& engine, PageEvents& events, AppProvider app, FileProvider files = {});
  ~Page();
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  // `load` numbers what the program asks for, for PageEvents::started_loading.
  void load(std::string_view url, std::uint64_t load = 0);
  void reload(std::uint64_t load = 0);
  void stop();  // what is being loaded fails: ERR_ABORTED
  // Whether the page may go. Not from inside its script.
  bool before_unload();
  // pagehide, unload, and the document ends. Not from inside its script.
  void close();

 private:
  void later(std::move_only_function<void()> task);
  void begin(Url url, const Url* reader, bool reload);
  void request(const Url& url, const Url* reader);
  bool go_to_fragment(const Url& url, const Url* reader);
  void abort_loading();
  void received(std::expected<Resource, NetError> resource);
  void commit(Url url, const Resource& resource);
  Result<> open(const Url& url, const Resource& resource);
  void fail(NetError why, std::string_view url);

  void navigate_from_page(Url url, bool reload) override;
  void document_loaded() override;

  Loop& loop_;
  script::Engine& engine_;
  PageEvents& events_;
  Resources resources_;
  std::unique_ptr<Rejections> rejections_;  // made for the first document
  std::shared_ptr<void> alive_ = std::make_shared<int>();
  std::uint64_t load_ = 0;
  std::optional<Url> last_;        // what reload() loads
  std::optional<Url> loading_;     // from started_loading to stopped_loading
  std::shared_ptr<void> request_;  // the read that is awaited; another one means another load
  std::unique_ptr<Document> document_;
};

}  // namespace mullion::headless
