#include "mullion/process/context_bridge.hpp"

#include <cctype>

#include "process/world.hpp"

namespace mullion::preload {

namespace {

// "open-file" becomes openFile.
std::string camel_case(std::string_view name) {
  std::string text;
  bool upper = false;
  for (char c : name) {
    if (c == '-' || c == '_' || c == '.' || c == ':' || c == ' ') {
      upper = !text.empty();
      continue;
    }
    text += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return text;
}

}  // namespace

void Api::put(Member member) {
  std::erase_if(members_, [&](const Member& each) { return each.name == member.name; });
  members_.push_back(std::move(member));
}

void Api::add(std::string_view name, Value data) { put({.name = std::string(name), .data = std::move(data)}); }

void Api::add(std::string_view name, ApiFunction function) {
  put({.name = std::string(name), .call = std::move(function)});
}

void Api::add(std::string_view name, ApiAsyncFunction function) {
  put({.name = std::string(name), .async = std::move(function)});
}

void Api::add_channel(std::string_view name, const TableCodec* (*request)(), const TableCodec* (*reply)()) {
  put({.name = camel_case(name), .channel = std::string(name), .request = request, .reply = reply});
}

Result<> ContextBridge::expose_in_main_world(std::string_view key, Api api) { return world_.expose(key, api.take()); }

}  // namespace mullion::preload
