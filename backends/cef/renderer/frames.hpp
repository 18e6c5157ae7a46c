// The frames of a renderer process that show a view's documents, and their two worlds.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cef/v8/engine.hpp"
#include "include/cef_render_process_handler.h"
#include "mullion/backend.hpp"

namespace mullion::cef {

// A frame is a view's from the moment that an introduction of the view's is shown to the claim function in a world that
// is not the page's, before the document's first script: a main frame as long as it keeps the introduction, one within
// a page for that document. Script thread.
class Frames {
 public:
  explicit Frames(backend::RendererHost& host) : host_(host), engine_(v8::V8Engine::create()) {}
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;
  ~Frames();

  void context_created(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, CefRefPtr<CefV8Context> context);
  void context_released(const CefRefPtr<CefV8Context>& context);
  void browser_destroyed(int browser);

 private:
  class ClaimFunction;
  struct World {
    CefRefPtr<CefV8Context> v8;
    std::unique_ptr<script::Context> script;
  };
  struct Place {
    int browser = 0;
    bool is_main = true;
    std::string introduction;
    std::unique_ptr<backend::Frame> frame;
    World main;
    World isolated;
  };

  Result<> claim(CefRefPtr<CefV8Context> isolated, const CefV8ValueList& arguments);
  Result<Place*> place_of(CefRefPtr<CefFrame> frame, const std::string& introduction);
  void end(std::unique_ptr<Place> place);
  void sweep();
  Result<> enter(Place& place, CefRefPtr<CefV8Context> main, CefRefPtr<CefV8Context> isolated, const std::string& url);
  static void release(Place& place);

  backend::RendererHost& host_;
  std::unique_ptr<v8::V8Engine> engine_;
  std::unordered_map<std::string, std::unique_ptr<Place>> places_;  // by the frame's name
  std::vector<std::unique_ptr<Place>> leaving_;                     // that wait to be released
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace mullion::cef
