#include "cef/thread/remote_view.hpp"

#include <utility>

#include "cef/browser/input.hpp"

namespace mullion::cef {

Result<std::unique_ptr<RemoteView>> RemoteView::create(UiThread& thread, backend::ViewHost& host,
                                                       const HelloServer& hellos, std::shared_ptr<int> browsers,
                                                       const backend::ViewOptions& options) {
  std::unique_ptr<RemoteView> view(new RemoteView(thread, host));
  auto made = view->make(hellos, std::move(browsers), options);
  if (!made) return std::unexpected(std::move(made).error());
  return view;
}

RemoteView::RemoteView(UiThread& thread, backend::ViewHost& host)
    : thread_(thread), ui_(std::make_shared<UiEnd>(thread.loop(), host.loop().poster(), main_)) {
  main_->host = &host;
}

Result<> RemoteView::make(const HelloServer& hellos, std::shared_ptr<int> browsers,
                          const backend::ViewOptions& options) {
  Result<> outcome;
  thread_.call([&] {
    auto made = cef::View::create(*ui_, hellos, std::move(browsers), make_surface(options));
    if (!made) return void(outcome = std::unexpected(std::move(made).error()));
    ui_->view = std::move(*made);
    auto* window = ui_->view->window();
    main_->is_window = window != nullptr;
    if (window) main_->window = window->state();
    main_->shown = ui_->view->is_shown();
  });
  return outcome;
}

// The last that refers to the view is what ends it.
RemoteView::~RemoteView() {
  main_->host = nullptr;
  thread_.post([ui = std::move(ui_)] { ui->view.reset(); });
}

template <class F>
void RemoteView::there(F f) const {
  thread_.post([ui = ui_, f = std::move(f)]() mutable {
    if (ui->view) f(*ui);
  });
}

unsigned RemoteView::keep(std::move_only_function<void(bool)> answer) {
  main_->questions.emplace(++main_->last_question, std::move(answer));
  return main_->last_question;
}

// ---- loads ----

// What is no URL begins nothing, so that the document that is there keeps its introduction.
void RemoteView::begin_load() {
  auto load = ++main_->load;
  Introductions introductions;
  if (cef::View::is_url(target_)) {
    introductions.main_frame = main_->host->introduction(target_);
    introductions.sub_frames = main_->host->sub_frame_introduction();
  }
  there([load, introductions = std::move(introductions)](UiEnd& ui) mutable {
    ui.begin_load(load, std::move(introductions));
  });
}

Result<> RemoteView::load(std::string url) {
  target_ = std::move(url);
  begin_load();
  there([url = target_](UiEnd& ui) mutable { (void)ui.view->load(std::move(url)); });
  return {};
}

Result<> RemoteView::reload() {
  if (target_.empty()) return {};
  begin_load();
  there([](UiEnd& ui) { (void)ui.view->reload(); });
  return {};
}

void RemoteView::stop() {
  there([](UiEnd& ui) { ui.view->stop(); });
}

// ---- what is asked ----

void RemoteView::confirm_frame(int pid, std::string_view frame, std::move_only_function<void(bool)> answer) {
  there([pid, frame = std::string(frame), question = keep(std::move(answer))](UiEnd& ui) {
    ui.view->confirm_frame(pid, frame, [&ui, question](bool shows) { ui.answer(question, shows); });
  });
}

void RemoteView::capture(std::optional<Rectangle> area, backend::Captured answer) {
  auto question = ++main_->last_question;
  main_->captures.emplace(question, std::move(answer));
  there([area, question](UiEnd& ui) {
    ui.view->capture(area, [&ui, question](Result<std::vector<std::byte>> picture) {
      ui.answer_capture(question, std::move(picture));
    });
  });
}

void RemoteView::before_unload(std::move_only_function<void(bool)> answer) {
  there([question = keep(std::move(answer))](UiEnd& ui) {
    ui.view->before_unload([&ui, question](bool go) { ui.answer(question, go); });
  });
}

// ---- in a window, off-screen, and input ----

Result<> RemoteView::attach(backend::View& parent) {
  there([parent = static_cast<RemoteView&>(parent).ui_](UiEnd& ui) {
    if (parent->view) (void)ui.view->attach(*parent->view);
  });
  return {};
}

void RemoteView::detach() {
  there([](UiEnd& ui) { ui.view->detach(); });
}

void RemoteView::set_area(const Rectangle& area, bool visible) {
  there([area, visible](UiEnd& ui) { ui.view->set_area(area, visible); });
}

Result<> RemoteView::send_input(const MouseInputEvent& event) {
  there([event](UiEnd& ui) { (void)ui.view->send_input(event); });
  return {};
}

Result<> RemoteView::send_input(const KeyboardInputEvent& event) {
  if (auto known = check_key(event); !known) return known;
  there([event](UiEnd& ui) { (void)ui.view->send_input(event); });
  return {};
}

void RemoteView::set_size(int width, int height) {
  there([width, height](UiEnd& ui) { ui.view->set_size(width, height); });
}

void RemoteView::set_frame_rate(int per_second) {
  there([per_second](UiEnd& ui) { ui.view->set_frame_rate(per_second); });
}

void RemoteView::set_painting(bool on) {
  there([on](UiEnd& ui) { ui.view->set_painting(on); });
}

void RemoteView::invalidate() {
  there([](UiEnd& ui) { ui.view->invalidate(); });
}

Result<> RemoteView::open_dev_tools() {
  there([](UiEnd& ui) { (void)ui.view->open_dev_tools(); });
  return {};
}

void RemoteView::close_dev_tools() {
  there([](UiEnd& ui) { ui.view->close_dev_tools(); });
}

// ---- how it stands ----

void RemoteView::set_title(std::string_view title) {
  there([title = std::string(title)](UiEnd& ui) { ui.view->set_title(title); });
}

void RemoteView::set_bounds(const Rectangle& bounds) {
  there([bounds](UiEnd& ui) { ui.view->window()->set_bounds(bounds); });
}

void RemoteView::show() {
  there([](UiEnd& ui) { ui.view->window()->show(); });
}

void RemoteView::hide() {
  there([](UiEnd& ui) { ui.view->window()->hide(); });
}

void RemoteView::minimize() {
  there([](UiEnd& ui) { ui.view->window()->minimize(); });
}

void RemoteView::restore() {
  there([](UiEnd& ui) { ui.view->window()->restore(); });
}

void RemoteView::focus() {
  there([](UiEnd& ui) { ui.view->window()->focus(); });
}

}  // namespace mullion::cef
