#include "cef/browser/view.hpp"

#include <utility>

#include "cef/app/isolated_world.hpp"
#include "cef/browser/client.hpp"
#include "cef/browser/input.hpp"
#include "include/cef_parser.h"

namespace mullion::cef {

namespace {

constexpr std::uint64_t introduction_patience_ms = 2000;
constexpr std::uint64_t claims_patience_ms = 3000;
constexpr int most_put_off = 10;
constexpr std::uint64_t touch_patience_ms = 500;
constexpr std::uint64_t unload_patience_ms = 5000;

std::string reason_of(int status) {
  constexpr const char* reasons[] = {"abnormal-exit", "killed", "crashed", "oom", "launch-failed", "integrity-failure"};
  return status >= 0 && status < static_cast<int>(std::size(reasons)) ? reasons[status] : "crashed";
}

Error crashed() { return {.kind = Kind::disconnected, .code = "crashed", .message = "the renderer process is gone"}; }

}  // namespace

Result<std::unique_ptr<View>> View::create(backend::ViewHost& host, const HelloServer& hellos,
                                           std::shared_ptr<int> browsers, std::unique_ptr<Surface> surface) {
  if (hellos.is_cut_off())
    return std::unexpected(
        Error{.kind = Kind::failed, .code = "hello", .message = std::string(HelloServer::is_cut_off_text)});
  std::unique_ptr<View> view(new View(host, hellos, std::move(surface)));
  auto tools_changed = [self = view.get()](bool open) {
    self->reports_.tell([open](backend::ViewHost& to) { to.dev_tools_changed(open); });
  };
  view->inspector_ = new Inspector(browsers, tools_changed);
  view->client_ = new Client(*view, std::move(browsers), view->surface_->render_handler());
  view->surface_->open(view->client_, *view);
  if (view->browser_) return view;
  return std::unexpected(Error{.kind = Kind::failed,
                               .code = "window",
                               .message = "Chromium could not make a place for a page; one off-screen needs"
                                          " CefSettings::windowless_rendering_enabled"});
}

View::View(backend::ViewHost& host, const HelloServer& hellos, std::unique_ptr<Surface> surface)
    : host_(host), hellos_(hellos), reports_(host, [this] { return is_joined(); }), surface_(std::move(surface)) {}

View::~View() {
  *alive_ = false;
  client_->detach();
  if (introducer_) introducer_->close();
  if (camera_) camera_->close();
  inspector_->detach();
  if (browser_) inspector_->close(browser_);
  surface_.reset();
}

template <class F>
auto View::later(F f) {
  return [f = std::move(f), alive = alive_]() mutable {
    if (*alive) f();
  };
}

void View::browser_created(CefRefPtr<CefBrowser> browser) {
  browser_ = browser;
  introducer_ = new Introducer([this] { dom_ready(); });
  introducer_->open(browser);
  camera_ = new Camera(host_.loop());
  camera_->open(browser);
}

// ---- loads ----

bool View::is_url(const std::string& text) {
  CefURLParts parts;
  return CefParseURL(text, parts);
}

Result<> View::load(std::string url) {
  target_ = std::move(url);
  reports_.drop_loads();
  if (is_url(target_)) return begin(false);
  reports_.tell_load([](backend::ViewHost& to) { to.did_start_loading(); });
  tell_failure(ERR_INVALID_URL, "ERR_INVALID_URL", target_);
  return {};
}

Result<> View::reload() {
  if (target_.empty()) return {};
  reports_.drop_loads();
  return begin(!crashed_ && phase_ != Phase::blank);
}

Result<> View::begin(bool reload) {
  if (crashed_) revive();
  reloads_ = reload;
  wanted_ = true;
  stopping_ = introduced_ = false;
  bound_ = 0;
  if (phase_ != Phase::blank) phase_ = Phase::installing;
  auto main_frame = host_.introduction(target_);
  introducer_->introduce({std::move(main_frame), host_.sub_frame_introduction()},
                         [this] { host_.loop().defer(later([this] { introduced(); })); });
  introduction_patience_ = Timer(host_.loop(), introduction_patience_ms, [this] { introduced(); });
  return {};
}

// A page without a process takes no introduction.
void View::revive() {
  crashed_ = blank_there_ = false;
  phase_ = Phase::blank;
  browser_->GetMainFrame()->LoadURL(empty_page);
}

void View::introduced() {
  introduction_patience_ = Timer();
  introduced_ = true;
  navigate();
}

void View::navigate() {
  if (!wanted_ || !introduced_ || (phase_ == Phase::blank && !blank_there_)) return;
  wanted_ = false;
  phase_ = Phase::navigating;
  reloads_ ? browser_->Reload() : browser_->GetMainFrame()->LoadURL(target_);
}

void View::stop() {
  stopping_ = true;
  if (!std::exchange(wanted_, false)) return browser_->StopLoad();
  if (phase_ != Phase::blank) phase_ = Phase::done;
  tell_failure(ERR_ABORTED, "ERR_ABORTED", target_);
}

void View::loading_changed(bool loading) {
  judge_claims();
  if (phase_ == Phase::blank && !loading) {
    blank_there_ = true;
    host_.loop().defer(later([this] { navigate(); }));
  }
  if (phase_ == Phase::blank || phase_ == Phase::installing) return;
  if (loading) return reports_.tell_load([](backend::ViewHost& to) { to.did_start_loading(); });
  if (phase_ == Phase::navigating) return host_.loop().defer(later([this] { give_up_if_idle(); }));
  reports_.tell_load([](backend::ViewHost& to) { to.did_stop_loading(); });
}

// A download, an answer without a document, the page's own veto: Chromium is done and there is no document.
void View::give_up_if_idle() {
  if (phase_ == Phase::navigating && !browser_->IsLoading()) tell_failure(ERR_ABORTED, "ERR_ABORTED", target_);
}

void View::committed(std::string url) {
  judge_claims();
  if (phase_ == Phase::blank || phase_ == Phase::installing) return;
  phase_ = Phase::committed;
  title_.clear();
  dom_told_ = false;
  reports_.tell_load([url = std::move(url)](backend::ViewHost& to) mutable { to.did_navigate(std::move(url)); });
}

// The DevTools protocol tells it, on a road of its own.
void View::dom_ready() {
  if (phase_ != Phase::committed || std::exchange(dom_told_, true)) return;
  reports_.tell_load([](backend::ViewHost& to) { to.dom_ready(); });
}

void View::finished() {
  if (phase_ != Phase::committed) return;
  dom_ready();
  phase_ = Phase::done;
  reports_.tell_end([this](backend::ViewHost& to) {
    if (is_joined() || !hellos_.is_cut_off()) return to.did_finish_load();
    to.did_fail_load({ERR_FAILED, "ERR_FAILED", target_});
  });
}

// Of a load that another one took the place of Chromium says that it was aborted.
void View::failed(int code, std::string description, std::string url) {
  if (phase_ == Phase::blank || phase_ == Phase::installing) return;
  if (code == ERR_ABORTED && phase_ == Phase::navigating && !stopping_) return;
  tell_failure(code, std::move(description), std::move(url));
}

void View::tell_failure(int code, std::string description, std::string url) {
  if (phase_ != Phase::blank && phase_ != Phase::installing) phase_ = Phase::done;
  backend::LoadFailure failure{code, std::move(description), std::move(url)};
  reports_.tell_load(
      [failure = std::move(failure)](backend::ViewHost& to) mutable { to.did_fail_load(std::move(failure)); });
}

// ---- what else is told ----

// Chromium calls a page without a title by its address.
void View::title_changed(std::string title) {
  if (phase_ == Phase::blank || phase_ == Phase::installing) return;
  if (title == title_ || browser_->GetMainFrame()->GetURL().ToString().ends_with(title)) return;
  title_ = title;
  reports_.tell([title = std::move(title)](backend::ViewHost& to) mutable { to.title_updated(std::move(title)); });
}

void View::console(backend::ConsoleMessage message) {
  reports_.tell(
      [message = std::move(message)](backend::ViewHost& to) mutable { to.console_message(std::move(message)); });
}

void View::process_gone(int status, int code) {
  crashed_ = true;
  phase_ = Phase::done;
  wanted_ = false;
  bound_ = 0;
  claims_.clear();
  answer_unload(true);
  reports_.drop_loads();
  host_.loop().defer(later([this] { camera_->give_up(crashed()); }));
  reports_.tell([reason = reason_of(status), code](backend::ViewHost& to) { to.render_process_gone(reason, code); });
}

void View::capture(std::optional<Rectangle> area, backend::Captured answer) {
  crashed_ ? answer(std::unexpected(crashed())) : camera_->take(area, std::move(answer));
}

Result<> View::attach(backend::View& parent) { return surface_->attach(*static_cast<View&>(parent).surface_); }

Result<> View::send_input(const MouseInputEvent& event) { return cef::send_input(*browser_->GetHost(), event); }

Result<> View::send_input(const KeyboardInputEvent& event) { return cef::send_input(*browser_->GetHost(), event); }

Result<> View::open_dev_tools() {
  inspector_->open(browser_);
  return {};
}

void View::painted() {
  host_.loop().defer(later([this] { surface_->tell_paint(host_); }));
}

// ---- whose frame it is ----

int View::shown_by() const {
  auto frame = browser_ ? browser_->GetMainFrame() : nullptr;
  return frame ? version::frame_child(frame->GetIdentifier()) : 0;
}

// That child shows it; of a frame within the page the host hears what.
bool View::shows(const Claim& claim) {
  if (claim.frame.empty()) return claim.child == shown_by();
  auto frame = browser_ ? version::find_frame(*browser_, claim.frame) : nullptr;
  if (!frame || frame->IsMain() || version::frame_child(frame->GetIdentifier()) != claim.child) return false;
  host_.sub_frame_navigated(claim.frame, frame->GetURL());
  return true;
}

void View::sub_frame_committed(const std::string& name, std::string url) {
  host_.sub_frame_navigated(name, std::move(url));
  judge_claims();
}

// A process claims its frame when the document begins there, and Chromium may say only later that it has begun.
void View::confirm_frame(int pid, std::string_view frame, std::move_only_function<void(bool)> answer) {
  int child = hellos_.child_of(pid);
  if (!child) return answer(false);
  claims_.push_back({child, std::string(frame), std::move(answer)});
  claims_patience_ = Timer(host_.loop(), claims_patience_ms, [this] { refuse_claims(); });
  judge_claims();
}

void View::judge_claims() {
  for (std::size_t i = 0; i < claims_.size();) {
    if (!shows(claims_[i])) {
      ++i;
      continue;
    }
    auto claim = std::move(claims_[i]);
    claims_.erase(claims_.begin() + static_cast<std::ptrdiff_t>(i));
    if (claim.frame.empty()) bound_ = claim.child;
    claim.answer(true);
  }
  reports_.look_again();
}

// While a page loads Chromium may still have to say who shows what; afterwards it has.
void View::refuse_claims() {
  if (browser_ && browser_->IsLoading() && ++claims_refusals_put_off_ < most_put_off)
    return void(claims_patience_ = Timer(host_.loop(), claims_patience_ms, [this] { refuse_claims(); }));
  claims_refusals_put_off_ = 0;
  for (auto& claim : std::exchange(claims_, {})) claim.answer(false);
}

// ---- the page's end ----

void View::before_unload(std::move_only_function<void(bool)> answer) {
  if (crashed_ || phase_ == Phase::blank || unload_answer_) return answer(true);
  unload_answer_ = std::move(answer);
  introducer_->touch([this] { host_.loop().defer(later([this] { close_browser(); })); });
  unload_patience_ = Timer(host_.loop(), touch_patience_ms, [this] { close_browser(); });
}

void View::close_browser() {
  if (!unload_answer_ || std::exchange(closing_, true)) return;
  unload_patience_ = Timer(host_.loop(), unload_patience_ms, [this] { answer_unload(true); });
  browser_->GetHost()->CloseBrowser(false);
}

void View::unloaded() { unload_answer_ ? answer_unload(true) : close_requested(); }

void View::close_requested() {
  reports_.tell([](backend::ViewHost& to) { to.close_requested(); });
}

void View::window_changed() {
  reports_.tell([](backend::ViewHost& to) { to.window_changed(); });
}

void View::answer_unload(bool go) {
  if (!unload_answer_) return;
  unload_patience_ = Timer();
  closing_ = false;
  host_.loop().defer([answer = std::exchange(unload_answer_, nullptr), go]() mutable { answer(go); });
}

}  // namespace mullion::cef
