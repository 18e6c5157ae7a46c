#include "cef/renderer/handler.hpp"

#include <charconv>

#include "cef/app/hello.hpp"
#include "cef/app/task.hpp"
#include "include/cef_command_line.h"
#include "mullion/base/log.hpp"
#include "mullion/transport/link.hpp"

namespace mullion::cef {

namespace {

// What Chromium calls this process, and a part of the names of its frames in the browser process.
std::int32_t own_number() {
  auto text = CefCommandLine::GetGlobalCommandLine()->GetSwitchValue("renderer-client-id").ToString();
  std::int32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

// The inherited socket is shared with every other renderer: it carries one message, and nothing is read from it.
Result<backend::RendererHost*> RenderHandler::join() {
  auto pair = transport::Link::socket_pair();
  if (!pair) return std::unexpected(std::move(pair).error());
  auto sent = send_hello(hello_.get(), {own_number(), std::move(pair->first)});
  if (!sent) return std::unexpected(std::move(sent).error());
  auto thread = CefTaskRunner::GetForThread(TID_RENDERER);
  return host_.join(std::move(pair->second), [thread](auto task) { thread->PostTask(new Task(std::move(task))); });
}

void RenderHandler::leave() {
  if (std::exchange(frames_, nullptr)) host_.leave();
}

void RenderHandler::OnWebKitInitialized() {
  auto joined = join();
  hello_.reset();
  if (joined)
    frames_ = std::make_unique<Frames>(**joined);
  else
    log(Level::error, "this renderer has no link: " + joined.error().message);
  if (next_) next_->OnWebKitInitialized();
}

void RenderHandler::OnContextCreated(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame,
                                     CefRefPtr<CefV8Context> context) {
  if (frames_) frames_->context_created(browser, frame, context);
  if (next_) next_->OnContextCreated(browser, frame, context);
}

void RenderHandler::OnContextReleased(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame,
                                      CefRefPtr<CefV8Context> context) {
  if (frames_) frames_->context_released(context);
  if (next_) next_->OnContextReleased(browser, frame, context);
}

void RenderHandler::OnBrowserDestroyed(CefRefPtr<CefBrowser> browser) {
  if (frames_) frames_->browser_destroyed(browser->GetIdentifier());
  if (next_) next_->OnBrowserDestroyed(browser);
}

// ---- what only the program's own hears ----

void RenderHandler::OnBrowserCreated(CefRefPtr<CefBrowser> browser, CefRefPtr<CefDictionaryValue> extra) {
  if (next_) next_->OnBrowserCreated(browser, extra);
}

CefRefPtr<CefLoadHandler> RenderHandler::GetLoadHandler() { return next_ ? next_->GetLoadHandler() : nullptr; }

void RenderHandler::OnUncaughtException(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame,
                                        CefRefPtr<CefV8Context> context, CefRefPtr<CefV8Exception> exception,
                                        CefRefPtr<CefV8StackTrace> stack) {
  if (next_) next_->OnUncaughtException(browser, frame, context, exception, stack);
}

void RenderHandler::OnFocusedNodeChanged(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame,
                                         CefRefPtr<CefDOMNode> node) {
  if (next_) next_->OnFocusedNodeChanged(browser, frame, node);
}

bool RenderHandler::OnProcessMessageReceived(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame,
                                             CefProcessId from, CefRefPtr<CefProcessMessage> message) {
  return next_ && next_->OnProcessMessageReceived(browser, frame, from, message);
}

}  // namespace mullion::cef
