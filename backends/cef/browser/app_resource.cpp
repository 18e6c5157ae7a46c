#include "cef/browser/app_resource.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "cef/app/counted.hpp"

namespace mullion::cef {

namespace {

// Main may name one of Chromium's errors as the code of its own.
cef_errorcode_t chromium_error(const Error& error) {
  constexpr std::pair<std::string_view, cef_errorcode_t> known[] = {
      {"ENOENT", ERR_FILE_NOT_FOUND},
      {"ERR_FILE_NOT_FOUND", ERR_FILE_NOT_FOUND},
      {"ERR_FILE_TOO_BIG", ERR_FILE_TOO_BIG},
      {"ERR_ACCESS_DENIED", ERR_ACCESS_DENIED},
      {"ERR_INVALID_URL", ERR_INVALID_URL},
      {"ERR_DISALLOWED_URL_SCHEME", ERR_DISALLOWED_URL_SCHEME},
      {"ERR_UNKNOWN_URL_SCHEME", ERR_UNKNOWN_URL_SCHEME},
      {"ERR_ABORTED", ERR_ABORTED}};
  for (auto [code, number] : known)
    if (error.code == code) return number;
  return error.kind == Kind::denied ? ERR_ACCESS_DENIED : ERR_FAILED;
}

std::string without_fragment(std::string url) { return url.substr(0, url.find('#')); }

// "text/html; charset=utf-8" as what it is made of.
std::pair<std::string, std::string> split_type(const std::string& type) {
  auto mime = type.substr(0, type.find(';'));
  auto at = type.find("charset=");
  return {mime, at == std::string::npos ? "" : type.substr(at + 8)};
}

}  // namespace

void AppSource::close() {
  {
    const std::lock_guard locked(mutex_);
    closed_ = true;
  }
  answer(nullptr);
}

bool AppSource::ask(Question question) {
  const std::lock_guard locked(mutex_);
  if (closed_) return false;
  waiting_.push_back(std::move(question));
  return poster_.post([self = shared_from_this()] { self->answer(&self->host_); }).has_value();
}

void AppSource::answer(backend::FactoryHost* host) {
  std::vector<Question> asked;
  {
    const std::lock_guard locked(mutex_);
    asked.swap(waiting_);
  }
  for (auto& question : asked) question(host);
}

class AppResourceHandler final : Counted, public CefResourceHandler {
 public:
  explicit AppResourceHandler(std::shared_ptr<AppSource> source) : source_(std::move(source)) {}

  bool Open(CefRefPtr<CefRequest> request, bool& handle_request, CefRefPtr<CefCallback> callback) override {
    auto url = without_fragment(request->GetURL().ToString());
    bool asked = source_->ask([self = CefRefPtr(this), url = std::move(url), callback](backend::FactoryHost* host) {
      if (host) self->answer_ = host->app_resource(url);
      callback->Continue();
    });
    handle_request = !asked;
    return asked;
  }

  void GetResponseHeaders(CefRefPtr<CefResponse> response, int64_t& length, CefString&) override {
    if (!answer_) return response->SetError(chromium_error(answer_.error()));
    auto [mime, charset] = split_type(answer_->mime_type);
    response->SetStatus(200);
    response->SetStatusText("OK");
    response->SetMimeType(mime.empty() ? "application/octet-stream" : mime);
    response->SetCharset(charset.empty() ? "utf-8" : charset);
    length = static_cast<int64_t>(answer_->bytes.size());
  }

  bool Skip(int64_t bytes, int64_t& skipped, CefRefPtr<CefResourceSkipCallback>) override {
    skipped = std::clamp<int64_t>(bytes, 0, static_cast<int64_t>(left()));
    read_ += static_cast<std::size_t>(skipped);
    return skipped > 0;
  }

  bool Read(void* out, int room, int& count, CefRefPtr<CefResourceReadCallback>) override {
    count = static_cast<int>(std::min(static_cast<std::size_t>(std::max(room, 0)), left()));
    if (count > 0) std::memcpy(out, answer_->bytes.data() + read_, static_cast<std::size_t>(count));
    read_ += static_cast<std::size_t>(count);
    return count > 0;
  }

  void Cancel() override {}

 private:
  std::size_t left() const { return answer_ ? answer_->bytes.size() - read_ : 0; }

  std::shared_ptr<AppSource> source_;
  Result<backend::AppResource> answer_ = std::unexpected(Error{.code = "quit", .message = "the program ends"});
  std::size_t read_ = 0;
  IMPLEMENT_REFCOUNTING(AppResourceHandler);
};

namespace {

class AppSchemeFactory final : Counted, public CefSchemeHandlerFactory {
 public:
  explicit AppSchemeFactory(std::shared_ptr<AppSource> source) : source_(std::move(source)) {}
  CefRefPtr<CefResourceHandler> Create(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame>, const CefString&,
                                       CefRefPtr<CefRequest>) override {
    return new AppResourceHandler(source_);
  }

 private:
  std::shared_ptr<AppSource> source_;
  IMPLEMENT_REFCOUNTING(AppSchemeFactory);
};

}  // namespace

CefRefPtr<CefSchemeHandlerFactory> make_app_scheme_factory(std::shared_ptr<AppSource> source) {
  return new AppSchemeFactory(std::move(source));
}

}  // namespace mullion::cef
