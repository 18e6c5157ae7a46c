#include "script/exception.hpp"

namespace mullion::script {
namespace {

std::string place(const Exception& exception) {
  if (exception.url.empty()) return {};
  std::string text = " (" + exception.url + ":" + std::to_string(exception.line);
  if (exception.column) text += ":" + std::to_string(exception.column);
  return text + ")";
}

Kind kind_of(std::string_view name) {
  for (Kind kind : {Kind::overloaded, Kind::disconnected, Kind::denied, Kind::unimplemented, Kind::invalid})
    if (to_string(kind) == name) return kind;
  return Kind::failed;
}

}  // namespace

Error to_error(const Exception& e) {
  std::string text = e.name.empty() ? e.message : e.message.empty() ? e.name : e.name + ": " + e.message;
  return {.kind = kind_of(e.kind), .code = e.code.empty() ? e.name : e.code, .message = text + place(e)};
}

Error released() {
  return {.kind = Kind::disconnected, .code = "released", .message = "the context of this function was released"};
}

Error foreign() {
  return {.kind = Kind::invalid, .code = "foreign", .message = "this function belongs to another context"};
}

}  // namespace mullion::script
