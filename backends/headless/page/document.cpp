#include "headless/page/document.hpp"

#include <utility>

#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

using script::Scalar;

// "text/html" of "Text/HTML; charset=utf-8"; what says nothing is HTML if it looks like it.
std::string essence_of(const Resource& resource) {
  std::string_view mime = resource.mime;
  mime = mime.substr(0, mime.find(';'));
  while (mime.ends_with(' ')) mime.remove_suffix(1);
  if (!mime.empty()) return lower(mime);
  for (auto byte : resource.bytes) {
    auto c = static_cast<char>(byte);
    if (std::string_view(" \t\r\n\f\xEF\xBB\xBF").find(c) == std::string_view::npos)
      return c == '<' ? "text/html" : "text/plain";
  }
  return "text/plain";
}

bool is_html(std::string_view essence) { return essence == "text/html" || essence == "application/xhtml+xml"; }

}  // namespace

Document::Document(const DocumentParts& parts, Url url) : parts_(parts), url_(std::move(url)) { html_.base = url_; }

Document::~Document() { release_worlds(); }

Result<> Document::open(const Resource& resource) {
  WorldOptions options;
  options.content_type = essence_of(resource);
  if (is_html(options.content_type)) {
    Decoded decoded = decode_document(resource.bytes, resource.mime);
    charset_ = decoded.charset;
    html_ = parse_html(decoded.text, url_);
  }
  options.character_set = name_of(charset_);
  if (auto created = create_worlds(options); !created) return created;
  if (!html_.title.empty()) parts_.events.title(html_.title);
  later(&Document::next_script);
  return {};
}

Result<> Document::create_worlds(const WorldOptions& options) {
  using Which = PageEvents::Which;
  std::string href = url_.href();
  for (Which which : {Which::main, Which::isolated}) {
    WorldOptions named = options;
    named.name = (which == Which::main ? "page " : "preload ") + href;
    auto world = World::create({parts_.loop, parts_.engine, parts_.rejections, *this}, named);
    if (!world) return std::unexpected(world.error());
    (which == Which::main ? main_ : isolated_) = std::move(*world);
  }
  tell("located", pack(url_), html_.base.href());
  reported_ = true;
  if (auto told = parts_.events.context_created(Which::main, main_->context(), href); !told) return told;
  return parts_.events.context_created(Which::isolated, isolated_->context(), href);
}

void Document::release_worlds() {
  if (std::exchange(reported_, false)) parts_.events.contexts_released();
  isolated_.reset();
  main_.reset();
}

// The isolated world first: its listeners are the preload's, which came before the page's.
template <class... A>
void Document::tell(std::string_view entry, const A&... arguments) {
  if (isolated_) isolated_->call(entry, arguments...);
  if (main_) main_->call(entry, arguments...);
}

void Document::later(void (Document::*step)()) {
  (void)parts_.loop.post([this, alive = std::weak_ptr(alive_), step] {
    if (!alive.expired() && phase_ != Phase::halted) (this->*step)();
  });
}

// Deferred scripts wait for the end of parsing; the others come in document order, async ones included.
const ScriptTag* Document::take_script() {
  bool deferred = phase_ == Phase::deferred;
  while (at_ < html_.scripts.size())
    if (const ScriptTag& tag = html_.scripts[at_++]; tag.defer == deferred) return &tag;
  return nullptr;
}

void Document::next_script() {
  if (const ScriptTag* tag = take_script()) return run_tag(*tag);
  if (phase_ == Phase::parsing) return end_parsing();
  phase_ = Phase::interactive;
  later(&Document::finish_content);
}

void Document::end_parsing() {
  phase_ = Phase::deferred;
  at_ = 0;
  set_ready_state("interactive");
  later(&Document::next_script);
}

void Document::run_tag(const ScriptTag& tag) {
  if (tag.module) {
    error("Module scripts cannot be loaded: JavaScriptCore's public API has no way to.", url_.href(), tag.line);
    return later(&Document::next_script);
  }
  if (tag.external) return run_external(tag);
  run_text(tag, tag.source);
  later(&Document::next_script);
}

void Document::run_external(const ScriptTag& tag) {
  if (!tag.url) {
    script_failed(tag, err_invalid_url);
    return later(&Document::next_script);
  }
  auto answer = [this, alive = std::weak_ptr(alive_), &tag](std::expected<Resource, NetError> resource) {
    if (alive.expired() || phase_ == Phase::halted) return;
    if (resource)
      run_text(tag, decode_script(resource->bytes, resource->mime, charset_));
    else
      script_failed(tag, resource.error());
    later(&Document::next_script);
  };
  parts_.resources.read(*tag.url, &url_, std::move(answer));
}

void Document::run_text(const ScriptTag& tag, std::string_view source) {
  std::string src = tag.url ? tag.url->href() : "";
  std::vector<Scalar> current;
  for (std::string_view each : {std::string_view("currentScript"), std::string_view(src), std::string_view(tag.source)})
    current.emplace_back(each);
  for (const auto& [name, value] : tag.attributes) {
    current.emplace_back(name);
    current.emplace_back(value);
  }
  main_->call_entry(current);
  main_->run(source, tag.external ? src : url_.without_fragment(), tag.external ? 1 : tag.line);
  main_->call("currentScript");
}

void Document::script_failed(const ScriptTag& tag, NetError why) {
  std::string url = tag.url ? tag.url->href() : "";
  for (const auto& [name, value] : tag.attributes)
    if (name == "src" && url.empty()) url = value;
  error("Failed to load the script " + url + ": " + std::string(why.name), url_.href(), tag.line);
}

void Document::finish_content() {
  tell("contentLoaded");
  parts_.events.dom_ready();
  later(&Document::finish_load);
}

void Document::finish_load() {
  phase_ = Phase::loaded;
  set_ready_state("complete");
  tell("loaded");
  parts_.events.finished_loading();
  parts_.host.document_loaded();
}

void Document::halt() {
  if (phase_ != Phase::loaded) phase_ = Phase::halted;
}

void Document::set_ready_state(std::string_view state) { tell("readyState", state); }

bool Document::before_unload() {
  bool isolated = !isolated_ || bool(isolated_->call("beforeUnload"));
  bool main = !main_ || bool(main_->call("beforeUnload"));
  return isolated && main;
}

void Document::unload() {
  if (!std::exchange(unloaded_, true)) tell("unload");
}

void Document::change_fragment(Url url) {
  bool same_base = html_.base.href() == url_.href();
  url_ = std::move(url);
  if (same_base) html_.base = url_;
  tell("hashChanged", pack(url_), html_.base.href());
}

void Document::error(std::string text, std::string url, int line) {
  console({.level = Level::error, .text = std::move(text), .url = std::move(url), .line = line});
}

void Document::console(ConsoleLine line) { parts_.events.console(line); }

void Document::set_title(std::string title) {
  if (title == html_.title) return;
  html_.title = std::move(title);
  parts_.events.title(html_.title);
}

void Document::navigate(std::string_view url, std::string_view how) {
  if (auto parsed = Url::parse(url)) parts_.host.navigate_from_page(std::move(*parsed), how == "reload");
}

void Document::fetch(World& world, double id, std::string_view url) {
  auto parsed = Url::parse(url);
  auto answer = [&world, alive = world.alive(), id](std::expected<Resource, NetError> resource) {
    if (alive.expired()) return;
    if (resource)
      world.call("fetched", id, Scalar(), resource->mime, std::move(resource->bytes));
    else
      world.call("fetched", id, resource.error().name);
  };
  parts_.resources.read(parsed ? *parsed : Url(), &url_, std::move(answer));
}

void Document::close() { parts_.events.close_requested(); }

}  // namespace mullion::headless
