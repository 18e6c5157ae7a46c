// Puts a view's introductions into the isolated worlds of its frames, over the DevTools protocol.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cef/app/counted.hpp"
#include "include/cef_browser.h"
#include "include/cef_devtools_message_observer.h"
#include "include/cef_registration.h"

namespace mullion::cef {

struct Introductions {
  std::string main_frame;
  std::string sub_frames;  // "" when they have none
};

// A page is a target of the protocol, and so is each frame within it that is of another site: each has a session of its
// own, the page's being "". A frame's waits until it was told to go on.
class Introducer final : Counted, public CefDevToolsMessageObserver {
 public:
  using Done = std::move_only_function<void()>;
  explicit Introducer(std::move_only_function<void()> dom_ready) : dom_ready_(std::move(dom_ready)) {}
  void open(CefRefPtr<CefBrowser> browser);
  void close();  // nothing is called after it

  // Every document that begins after `done` is introduced so; the last introductions end. `done` is called from
  // inside Chromium, where nothing may be begun.
  void introduce(Introductions introductions, Done done);
  // As if the user had touched the page: without that it may not veto its end.
  void touch(Done done);

  bool OnDevToolsMessage(CefRefPtr<CefBrowser> browser, const void* message, size_t size) override;

 private:
  using Answer = std::move_only_function<void(CefRefPtr<CefDictionaryValue> result)>;
  using Session = std::string;
  void call(const Session& session, const char* method, CefRefPtr<CefDictionaryValue> parameters = nullptr,
            Answer answer = nullptr);
  void attach_to_frames(const Session& session);
  void install(const Session& session, Done done);
  void replace_script(const Session& session, const std::string& identifier);
  void event(const Session& session, std::string_view method, CefRefPtr<CefDictionaryValue> parameters);
  void attached(const Session& session, bool is_frame);
  bool is_for_others(std::string_view message) const;

  CefRefPtr<CefBrowser> browser_;
  CefRefPtr<CefRegistration> registration_;
  std::move_only_function<void()> dom_ready_;
  Introductions introductions_;
  int next_call_ = 0;
  std::unordered_map<int, Answer> calls_;
  std::unordered_map<Session, std::string> scripts_;  // of each session: the identifier of the one that is there
  IMPLEMENT_REFCOUNTING(Introducer);
};

}  // namespace mullion::cef
