#include "cef/browser/client.hpp"

#include "cef/browser/view.hpp"

namespace mullion::cef {

namespace {

Level level_of(cef_log_severity_t level) {
  if (level >= LOGSEVERITY_ERROR) return Level::error;
  if (level >= LOGSEVERITY_WARNING) return Level::warning;
  return level >= LOGSEVERITY_INFO || level == LOGSEVERITY_DEFAULT ? Level::info : Level::debug;
}

}  // namespace

void Client::OnAfterCreated(CefRefPtr<CefBrowser> browser) {
  ++*browsers_;
  if (view_) view_->browser_created(browser);
}

bool Client::DoClose(CefRefPtr<CefBrowser>) {
  if (view_) view_->unloaded();
  return view_ != nullptr;
}

void Client::OnBeforeClose(CefRefPtr<CefBrowser>) { --*browsers_; }

void Client::render_process_terminated(CefRefPtr<CefBrowser>, TerminationStatus status, int code) {
  if (view_) view_->process_gone(status, code);
}

void Client::OnLoadingStateChange(CefRefPtr<CefBrowser>, bool loading, bool, bool) {
  if (view_) view_->loading_changed(loading);
}

void Client::OnLoadStart(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame> frame, TransitionType) {
  if (view_ && frame->IsMain()) return view_->committed(frame->GetURL());
  if (view_) view_->sub_frame_committed(version::frame_name(frame->GetIdentifier()), frame->GetURL());
}

void Client::OnLoadEnd(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame> frame, int) {
  if (view_ && frame->IsMain()) view_->finished();
}

void Client::OnLoadError(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame> frame, ErrorCode code, const CefString& text,
                         const CefString& url) {
  if (view_ && frame->IsMain()) view_->failed(code, text, url);
}

void Client::OnTitleChange(CefRefPtr<CefBrowser>, const CefString& title) {
  if (view_) view_->title_changed(title);
}

bool Client::OnConsoleMessage(CefRefPtr<CefBrowser>, cef_log_severity_t level, const CefString& message,
                              const CefString& source, int line) {
  if (view_) view_->console({level_of(level), message, source, line});
  return true;
}

void Client::OnMainFrameChanged(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame>, CefRefPtr<CefFrame>) {
  if (view_) view_->frames_changed();
}

void Client::OnFrameAttached(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame>, bool) {
  if (view_) view_->frames_changed();
}

void Client::OnFrameDetached(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame> frame) {
  if (view_) view_->sub_frame_gone(version::frame_name(frame->GetIdentifier()));
}

// As in Electron, a page's veto holds, and nobody is asked.
bool Client::OnBeforeUnloadDialog(CefRefPtr<CefBrowser>, const CefString&, bool,
                                  CefRefPtr<CefJSDialogCallback> callback) {
  callback->Continue(view_ == nullptr, "");
  if (view_) view_->unload_vetoed();
  return true;
}

}  // namespace mullion::cef
