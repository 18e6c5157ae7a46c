#include "cef/browser/introducer.hpp"

#include <charconv>
#include <utility>

#include "cef/app/isolated_world.hpp"
#include "cef/app/task.hpp"
#include "include/cef_parser.h"
#include "include/cef_values.h"

namespace mullion::cef {

namespace {

const std::string page;  // its session

// Other users of the browser's protocol number their calls from 1, and all of them hear every answer.
constexpr int first_call = 0x4d000000;

CefRefPtr<CefDictionaryValue> fields() { return CefDictionaryValue::Create(); }

CefRefPtr<CefDictionaryValue> fields_of(CefRefPtr<CefDictionaryValue> message, const char* name) {
  auto found = message->GetType(name) == VTYPE_DICTIONARY ? message->GetDictionary(name) : nullptr;
  return found ? found : fields();
}

std::string quoted(const std::string& bytes) {
  return bytes.empty() ? "''" : "'" + CefBase64Encode(bytes.data(), bytes.size()).ToString() + "'";
}

std::string claim_script(const std::string& main_frame, const std::string& sub_frames) {
  std::string name(claim_function);
  return "typeof " + name + " === 'function' && " + name + "(" + quoted(main_frame) + ", " + quoted(sub_frames) + ")";
}

CefRefPtr<CefListValue> only_frames() {
  auto frame = fields();
  frame->SetString("type", "iframe");
  auto filter = CefListValue::Create();
  filter->SetDictionary(0, frame);
  return filter;
}

std::string json_of(CefRefPtr<CefDictionaryValue> message) {
  auto value = CefValue::Create();
  value->SetDictionary(message);
  return CefWriteJSON(value, JSON_WRITER_DEFAULT);
}

}  // namespace

void Introducer::open(CefRefPtr<CefBrowser> browser) {
  browser_ = browser;
  next_call_ = first_call;
  scripts_.emplace(page, "");
  registration_ = browser->GetHost()->AddDevToolsMessageObserver(this);
  call(page, "Page.enable");
}

void Introducer::close() {
  dom_ready_ = nullptr;
  calls_.clear();
  scripts_.clear();
  registration_ = nullptr;
  browser_ = nullptr;
}

void Introducer::call(const Session& session, const char* method, CefRefPtr<CefDictionaryValue> parameters,
                      Answer answer) {
  if (!browser_) return;
  auto message = fields();
  message->SetInt("id", next_call_);
  message->SetString("method", method);
  if (parameters) message->SetDictionary("params", parameters);
  if (!session.empty()) message->SetString("sessionId", session);
  if (answer) calls_[next_call_] = std::move(answer);
  ++next_call_;
  auto text = json_of(message);
  browser_->GetHost()->SendDevToolsMessage(text.data(), text.size());
}

void Introducer::introduce(Introductions introductions, Done done) {
  bool attach = introductions_.sub_frames.empty() && !introductions.sub_frames.empty();
  introductions_ = std::move(introductions);
  if (attach) attach_to_frames(page);
  for (const auto& [session, script] : scripts_)
    if (session != page) install(session, nullptr);
  install(page, std::move(done));
}

void Introducer::install(const Session& session, Done done) {
  auto parameters = fields();
  auto main_frame = session == page ? introductions_.main_frame : "";
  parameters->SetString("source", claim_script(main_frame, introductions_.sub_frames));
  parameters->SetString("worldName", isolated_world_name);
  call(session, "Page.addScriptToEvaluateOnNewDocument", parameters,
       [this, session, done = std::move(done)](CefRefPtr<CefDictionaryValue> result) mutable {
         replace_script(session, result->GetString("identifier"));
         if (done) done();
       });
}

void Introducer::replace_script(const Session& session, const std::string& identifier) {
  auto found = scripts_.find(session);
  if (found == scripts_.end() || identifier.empty()) return;
  auto last = std::exchange(found->second, identifier);
  if (last.empty()) return;
  auto parameters = fields();
  parameters->SetString("identifier", last);
  call(session, "Page.removeScriptToEvaluateOnNewDocument", parameters);
}

void Introducer::touch(Done done) {
  auto parameters = fields();
  parameters->SetString("expression", "0");
  parameters->SetBool("userGesture", true);
  call(page, "Runtime.evaluate", parameters,
       [done = std::move(done)](CefRefPtr<CefDictionaryValue>) mutable { done(); });
}

// ---- frames of other sites ----

void Introducer::attach_to_frames(const Session& session) {
  auto parameters = fields();
  parameters->SetBool("autoAttach", true);
  parameters->SetBool("waitForDebuggerOnStart", true);
  parameters->SetBool("flatten", true);
  parameters->SetList("filter", only_frames());
  call(session, "Target.setAutoAttach", parameters);
}

// Each waits before its first script, until it is told to go on.
void Introducer::attached(const Session& session, bool is_frame) {
  if (is_frame) {
    scripts_.emplace(session, "");
    call(session, "Page.enable");
    install(session, nullptr);
    attach_to_frames(session);
  }
  call(session, "Runtime.runIfWaitingForDebugger");
}

// ---- what Chromium says ----

// Commands that are sent from inside an attachment's event are answered, and the frame never goes on.
void Introducer::event(const Session& session, std::string_view method, CefRefPtr<CefDictionaryValue> parameters) {
  if (method == "Page.domContentEventFired" && session == page && dom_ready_) return dom_ready_();
  auto subject = parameters->GetString("sessionId").ToString();
  if (method == "Target.detachedFromTarget") return void(scripts_.erase(subject));
  if (method != "Target.attachedToTarget" || subject.empty()) return;
  bool is_frame = fields_of(parameters, "targetInfo")->GetString("type") == "iframe";
  CefPostTask(TID_UI, new Task([self = CefRefPtr(this), subject, is_frame] { self->attached(subject, is_frame); }));
}

// A picture that somebody else asked for is long.
bool Introducer::is_for_others(std::string_view message) const {
  constexpr std::string_view answer = "{\"id\":";
  int id = 0;
  if (!message.starts_with(answer)) return false;
  auto read = std::from_chars(message.data() + answer.size(), message.data() + message.size(), id);
  return read.ec == std::errc() && !calls_.contains(id);
}

// Not kept from others, who may have sent what this answers.
bool Introducer::OnDevToolsMessage(CefRefPtr<CefBrowser>, const void* message, size_t size) {
  if (is_for_others({static_cast<const char*>(message), size})) return false;
  auto parsed = CefParseJSON(message, size, JSON_PARSER_RFC);
  auto said = parsed ? parsed->GetDictionary() : nullptr;
  if (!said || !browser_) return false;
  if (!said->HasKey("id")) {
    event(said->GetString("sessionId"), said->GetString("method").ToString(), fields_of(said, "params"));
    return false;
  }
  auto called = calls_.extract(said->GetInt("id"));
  if (called) called.mapped()(fields_of(said, "result"));
  return false;
}

}  // namespace mullion::cef
