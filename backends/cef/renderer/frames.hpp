// The frames of a renderer process that show a view's documents, and their two worlds.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "cef/v8/engine.hpp"
#include "include/cef_render_process_handler.h"
#include "mullion/backend.hpp"

namespace mullion::cef {

// A main frame is a view's from the moment that the view's introduction is shown to the claim function in a world that
// is not the page's, before the document's first script. Script thread.
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
    std::string introduction;
    std::unique_ptr<backend::Frame> frame;
    World main;
    World isolated;
  };

  Result<> claim(CefRefPtr<CefV8Context> isolated, const std::string& introduction);
  Result<Place*> place_of(CefRefPtr<CefFrame> frame, const std::string& introduction);
  Result<> enter(Place& place, CefRefPtr<CefV8Context> main, CefRefPtr<CefV8Context> isolated, const std::string& url);
  static void release(Place& place);

  backend::RendererHost& host_;
  std::unique_ptr<v8::V8Engine> engine_;
  std::unordered_map<std::string, std::unique_ptr<Place>> places_;  // by the frame's name
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace mullion::cef
