#include "headless/page/page.hpp"

#include <utility>

namespace mullion::headless {

Page::Page(Loop& loop, script::Engine& engine, PageEvents& events, AppProvider app, FileProvider files)
    : loop_(loop), engine_(engine), events_(events), resources_(loop, std::move(app), std::move(files)) {}

Page::~Page() = default;

void Page::later(std::move_only_function<void()> task) {
  (void)loop_.post([alive = std::weak_ptr(alive_), task = std::move(task)]() mutable {
    if (!alive.expired()) task();
  });
}

void Page::load(std::string_view text, std::uint64_t load) {
  later([this, text = std::string(text), load] {
    auto url = Url::parse(text);
    abort_loading();
    load_ = load;
    if (url) return begin(std::move(*url), nullptr, false);
    events_.started_loading(load_);
    fail(err_invalid_url, text);
  });
}

void Page::reload(std::uint64_t load) {
  later([this, load] {
    abort_loading();
    load_ = load;
    if (last_) begin(*last_, nullptr, true);
  });
}

void Page::stop() {
  later([this] { abort_loading(); });
}

bool Page::before_unload() { return !document_ || document_->before_unload(); }

void Page::close() {
  abort_loading();
  if (document_) document_->unload();
  document_.reset();
}

void Page::abort_loading() {
  if (!loading_) return;
  if (document_) document_->halt();
  request_.reset();
  std::string url = loading_->href();
  fail(err_aborted, url);
}

void Page::fail(NetError why, std::string_view url) {
  loading_.reset();
  events_.failed_loading(why, url);
  events_.stopped_loading();
}

bool Page::go_to_fragment(const Url& url, const Url* reader) {
  bool same = document_ && !document_->halted() && url.has_fragment() &&
              url.without_fragment() == document_->url().without_fragment();
  if (!same) return false;
  last_ = url;
  if (!reader) events_.started_loading(load_);
  document_->change_fragment(url);
  if (!reader) events_.finished_loading();
  if (!reader) events_.stopped_loading();
  return true;
}

void Page::begin(Url url, const Url* reader, bool reload) {
  if (!reload && go_to_fragment(url, reader)) return;
  abort_loading();
  loading_ = url;
  events_.started_loading(load_);
  if (!before_unload()) return fail(err_aborted, url.href());
  request(url, reader);
}

void Page::request(const Url& url, const Url* reader) {
  request_ = std::make_shared<int>();
  auto answer = [this, request = std::weak_ptr(request_)](std::expected<Resource, NetError> resource) {
    if (!request.expired()) received(std::move(resource));
  };
  resources_.read(url, reader, std::move(answer));
}

void Page::received(std::expected<Resource, NetError> resource) {
  request_.reset();
  Url url = *loading_;
  last_ = url;
  if (!resource) return fail(resource.error(), url.href());
  commit(std::move(url), *resource);
}

void Page::commit(Url url, const Resource& resource) {
  if (document_) document_->unload();
  document_.reset();
  events_.navigated(url.href());
  auto opened = open(url, resource);
  if (opened) return;
  document_.reset();
  events_.console({.level = Level::error, .text = opened.error().message, .url = url.href()});
  fail(err_failed, url.href());
}

Result<> Page::open(const Url& url, const Resource& resource) {
  if (!rejections_) {
    auto made = Rejections::create(engine_);
    if (!made) return std::unexpected(made.error());
    rejections_ = std::move(*made);
  }
  DocumentParts parts{loop_, engine_, *rejections_, resources_, events_, *this};
  document_ = std::make_unique<Document>(parts, url);
  return document_->open(resource);
}

void Page::navigate_from_page(Url url, bool reload) {
  later([this, url = std::move(url), reload] {
    if (!document_) return;
    if (reload) return begin(document_->url(), nullptr, true);
    Url reader = document_->url();
    begin(url, &reader, false);
  });
}

void Page::document_loaded() {
  loading_.reset();
  events_.stopped_loading();
}

}  // namespace mullion::headless
