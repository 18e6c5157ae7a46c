#include "cef/browser/camera.hpp"

#include <utility>

#include "include/cef_parser.h"

namespace mullion::cef {

namespace {

constexpr std::uint64_t patience_ms = 5000;

Error no_picture(std::string why) { return {.kind = Kind::failed, .code = "capture", .message = std::move(why)}; }

CefRefPtr<CefDictionaryValue> clip(const Rectangle& area) {
  auto clip = CefDictionaryValue::Create();
  clip->SetDouble("x", area.x);
  clip->SetDouble("y", area.y);
  clip->SetDouble("width", area.width);
  clip->SetDouble("height", area.height);
  clip->SetDouble("scale", 1);
  return clip;
}

Result<std::vector<std::byte>> picture_of(bool success, const void* result, size_t size) {
  auto parsed = CefParseJSON(result, size, JSON_PARSER_RFC);
  auto fields = parsed ? parsed->GetDictionary() : nullptr;
  if (!success || !fields)
    return std::unexpected(no_picture(fields ? "Chromium: " + fields->GetString("message").ToString()
                                             : "Chromium could not take a picture of the page"));
  auto bytes = CefBase64Decode(fields->GetString("data"));
  std::vector<std::byte> picture(bytes ? bytes->GetSize() : 0);
  if (bytes) bytes->GetData(picture.data(), picture.size(), 0);
  return picture;
}

}  // namespace

void Camera::open(CefRefPtr<CefBrowser> browser) {
  browser_ = browser;
  registration_ = browser->GetHost()->AddDevToolsMessageObserver(this);
}

void Camera::close() {
  waiting_.clear();
  registration_ = nullptr;
  browser_ = nullptr;
}

void Camera::take(std::optional<Rectangle> area, backend::Captured answer) {
  auto parameters = CefDictionaryValue::Create();
  parameters->SetString("format", "png");
  if (area) parameters->SetDictionary("clip", clip(*area));
  int id = browser_ ? browser_->GetHost()->ExecuteDevToolsMethod(0, "Page.captureScreenshot", parameters) : 0;
  if (!id) return answer(std::unexpected(no_picture("Chromium has no page there")));
  Timer patience(loop_, patience_ms, [this, id] {
    this->answer(id, std::unexpected(no_picture("the page drew nothing for " + std::to_string(patience_ms / 1000) +
                                                " s, as one in a hidden window does: show it first")));
  });
  waiting_.emplace(id, Waiting{std::move(answer), std::move(patience)});
}

void Camera::give_up(const Error& why) {
  for (auto& [id, waiting] : std::exchange(waiting_, {})) waiting.answer(std::unexpected(why));
}

// From inside Chromium: whoever is answered may end the view.
void Camera::OnDevToolsMethodResult(CefRefPtr<CefBrowser>, int id, bool success, const void* result, size_t size) {
  if (!waiting_.contains(id)) return;
  CefRefPtr<Camera> self(this);
  loop_.defer(
      [self, id, picture = picture_of(success, result, size)]() mutable { self->answer(id, std::move(picture)); });
}

void Camera::answer(int id, Result<std::vector<std::byte>> picture) {
  auto waiting = waiting_.extract(id);
  if (waiting) waiting.mapped().answer(std::move(picture));
}

}  // namespace mullion::cef
