// JavaScriptCore's strings and UTF-8.
#pragma once

#include <JavaScriptCore/JavaScript.h>

#include <string>
#include <string_view>

namespace mullion::script::jsc {

// Owns one JSStringRef.
class String {
 public:
  explicit String(std::string_view utf8);
  explicit String(JSStringRef string) : string_(string) {}
  String(const String&) = delete;
  String& operator=(const String&) = delete;
  ~String() {
    if (string_) JSStringRelease(string_);
  }
  JSStringRef get() const { return string_; }
  std::string utf8() const;  // "" when empty

 private:
  JSStringRef string_;
};

// String(value) as script would make it; "" where that throws.
std::string to_text(JSContextRef context, JSValueRef value);

}  // namespace mullion::script::jsc
