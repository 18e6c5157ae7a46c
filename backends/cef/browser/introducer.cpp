#include "cef/browser/introducer.hpp"

#include <utility>

#include "cef/app/isolated_world.hpp"
#include "include/cef_parser.h"

namespace mullion::cef {

namespace {

std::string claim_script(const std::string& introduction) {
  std::string name(claim_function);
  auto encoded = CefBase64Encode(introduction.data(), introduction.size()).ToString();
  return "typeof " + name + " === 'function' && " + name + "('" + encoded + "')";
}

std::string script_identifier(const void* result, size_t size) {
  auto parsed = CefParseJSON(result, size, JSON_PARSER_RFC);
  auto fields = parsed ? parsed->GetDictionary() : nullptr;
  return fields ? fields->GetString("identifier").ToString() : "";
}

}  // namespace

void Introducer::open(CefRefPtr<CefBrowser> browser) {
  browser_ = browser;
  registration_ = browser->GetHost()->AddDevToolsMessageObserver(this);
  call("Page.enable", nullptr);
}

void Introducer::close() {
  dom_ready_ = nullptr;
  waiting_.clear();
  registration_ = nullptr;
  browser_ = nullptr;
}

int Introducer::call(const char* method, CefRefPtr<CefDictionaryValue> parameters) {
  return browser_ ? browser_->GetHost()->ExecuteDevToolsMethod(0, method, parameters) : 0;
}

void Introducer::introduce(const std::string& introduction, Done done) {
  auto parameters = CefDictionaryValue::Create();
  parameters->SetString("source", claim_script(introduction));
  parameters->SetString("worldName", isolated_world_name);
  auto id = call("Page.addScriptToEvaluateOnNewDocument", parameters);
  waiting_[id] = std::move(done);
}

void Introducer::touch(Done done) {
  auto parameters = CefDictionaryValue::Create();
  parameters->SetString("expression", "0");
  parameters->SetBool("userGesture", true);
  waiting_[call("Runtime.evaluate", parameters)] = std::move(done);
}

void Introducer::OnDevToolsMethodResult(CefRefPtr<CefBrowser>, int id, bool, const void* result, size_t size) {
  auto waiting = waiting_.extract(id);
  if (!waiting) return;
  replace_script(result, size);
  waiting.mapped()();
}

void Introducer::replace_script(const void* result, size_t size) {
  auto identifier = script_identifier(result, size);
  if (identifier.empty()) return;
  auto last = std::exchange(script_, identifier);
  if (last.empty()) return;
  auto parameters = CefDictionaryValue::Create();
  parameters->SetString("identifier", last);
  call("Page.removeScriptToEvaluateOnNewDocument", parameters);
}

void Introducer::OnDevToolsEvent(CefRefPtr<CefBrowser>, const CefString& method, const void*, size_t) {
  if (dom_ready_ && method == "Page.domContentEventFired") dom_ready_();
}

}  // namespace mullion::cef
