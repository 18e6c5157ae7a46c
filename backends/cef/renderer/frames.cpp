#include "cef/renderer/frames.hpp"

#include <utility>

#include "cef/app/isolated_world.hpp"
#include "cef/app/task.hpp"
#include "cef/version.hpp"
#include "include/cef_parser.h"
#include "mullion/base/log.hpp"

namespace mullion::cef {

namespace {

std::string decode(const std::string& text) {
  auto binary = CefBase64Decode(text);
  std::string bytes(binary ? binary->GetSize() : 0, '\0');
  if (!bytes.empty()) binary->GetData(bytes.data(), bytes.size(), 0);
  return bytes;
}

// Pages of Chromium's own, and ours.
bool is_nobodys(const std::string& url) { return url.starts_with("chrome-error:") || url == empty_page; }

std::unexpected<Error> refuse(const char* why) {
  return std::unexpected(Error{.kind = Kind::invalid, .code = "claim", .message = why});
}

}  // namespace

// Taken away when it was called, so that whatever else runs in that world never meets it.
class Frames::ClaimFunction final : public CefV8Handler {
 public:
  explicit ClaimFunction(Frames& frames) : frames_(frames), alive_(frames.alive_) {}

  bool Execute(const CefString&, CefRefPtr<CefV8Value>, const CefV8ValueList& arguments, CefRefPtr<CefV8Value>&,
               CefString&) override {
    auto context = CefV8Context::GetCurrentContext();
    context->GetGlobal()->DeleteValue(CefString(claim_function));
    if (!*alive_) return true;
    auto claimed = frames_.claim(context, arguments);
    if (!claimed) log(Level::error, "a page is without its preload: " + claimed.error().message);
    return true;
  }

 private:
  Frames& frames_;
  std::shared_ptr<bool> alive_;
  IMPLEMENT_REFCOUNTING(ClaimFunction);
};

Frames::~Frames() {
  *alive_ = false;
  for (auto& [name, place] : places_) release(*place);
  places_.clear();
  sweep();
}

void Frames::context_created(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame> frame, CefRefPtr<CefV8Context> context) {
  auto main = frame->GetV8Context();
  if (!main || main->IsSame(context)) return;
  v8::Entered entered(context);
  auto function = CefV8Value::CreateFunction(claim_function, new ClaimFunction(*this));
  context->GetGlobal()->SetValue(claim_function, function, V8_PROPERTY_ATTRIBUTE_DONTENUM);
}

void Frames::context_released(const CefRefPtr<CefV8Context>& context) {
  auto holds = [&context](const Place& place) {
    for (const auto* world : {&place.main, &place.isolated})
      if (world->v8 && world->v8->IsSame(context)) return true;
    return false;
  };
  for (auto each = places_.begin(); each != places_.end(); ++each)
    if (holds(*each->second))
      return each->second->is_main ? release(*each->second) : end(std::move(places_.extract(each).mapped()));
}

// A script of its own may have taken it away, and whatever called that script is under way: what held it goes in a task
// of its own.
void Frames::end(std::unique_ptr<Place> place) {
  leaving_.push_back(std::move(place));
  CefPostTask(TID_RENDERER, new Task([this, alive = alive_] {
                if (*alive) sweep();
              }));
}

void Frames::sweep() {
  for (auto& place : std::exchange(leaving_, {})) release(*place);
}

void Frames::browser_destroyed(int browser) {
  for (auto& [name, place] : places_)
    if (place->browser == browser) release(*place);
  std::erase_if(places_, [browser](const auto& each) { return each.second->browser == browser; });
}

Result<> Frames::claim(CefRefPtr<CefV8Context> isolated, const CefV8ValueList& arguments) {
  auto frame = isolated->GetFrame();
  auto main = frame ? frame->GetV8Context() : nullptr;
  if (!main || main->IsSame(isolated)) return refuse("the context has no frame");
  std::size_t which = frame->IsMain() ? 0 : 1;
  if (arguments.size() != 2 || !arguments[which]->IsString()) return refuse("it is none");
  auto introduction = decode(arguments[which]->GetStringValue());
  if (introduction.empty() || is_nobodys(frame->GetURL())) return {};
  auto place = place_of(frame, introduction);
  if (!place) return std::unexpected(std::move(place).error());
  return enter(**place, main, isolated, frame->GetURL());
}

// A main frame that left this process and comes again has a new name: what it was before is over.
Result<Frames::Place*> Frames::place_of(CefRefPtr<CefFrame> frame, const std::string& introduction) {
  auto name = version::frame_name(frame->GetIdentifier());
  auto browser = frame->GetBrowser()->GetIdentifier();
  bool is_main = frame->IsMain();
  std::erase_if(places_, [&](const auto& each) {
    return is_main && each.second->is_main && each.second->browser == browser && each.first != name;
  });
  auto& place = places_[name];
  if (place && place->isolated.v8) return refuse("the document has been introduced");
  if (place && place->introduction == introduction) return place.get();
  place = nullptr;
  auto made = host_.create_frame(introduction, is_main ? "" : name);
  if (!made) return std::unexpected(std::move(made).error());
  place = std::make_unique<Place>(Place{browser, is_main, introduction, std::move(*made), {}, {}});
  return place.get();
}

Result<> Frames::enter(Place& place, CefRefPtr<CefV8Context> main, CefRefPtr<CefV8Context> isolated,
                       const std::string& url) {
  auto main_script = engine_->adopt(main);
  if (!main_script) return std::unexpected(std::move(main_script).error());
  auto isolated_script = engine_->adopt(isolated);
  if (!isolated_script) return std::unexpected(std::move(isolated_script).error());
  place.main = {main, std::move(*main_script)};
  place.isolated = {isolated, std::move(*isolated_script)};
  if (auto there = place.frame->context_created(backend::World::main, *place.main.script, url); !there) return there;
  return place.frame->context_created(backend::World::isolated, *place.isolated.script, url);
}

// No script may run there any more: what is asked of either world from now on is answered so.
void Frames::release(Place& place) {
  for (auto* world : {&place.main, &place.isolated})
    if (world->script) static_cast<v8::V8Context&>(*world->script).world()->release();
  if (place.frame && place.main.v8) place.frame->contexts_released();
  place.isolated = {};
  place.main = {};
}

}  // namespace mullion::cef
