#include "cef/v8/exception.hpp"

#include <charconv>

#include "cef/v8/record.hpp"

namespace mullion::cef::v8 {
namespace {

using script::Exception;

struct Place {
  std::string_view url;
  int line = 0;
  int column = 0;
};

// Takes ":123" from the end of the text; 0 if there is none.
int take_number(std::string_view& text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return 0;
  int number = 0;
  const auto end = text.data() + text.size();
  if (std::from_chars(text.data() + colon + 1, end, number).ptr != end) return 0;
  text = text.substr(0, colon);
  return number;
}

// A line of V8's stacks: "    at name (url:line:column)" or "    at url:line:column".
Place place_in_line(std::string_view line) {
  if (!line.starts_with("    at ")) return {};
  line.remove_prefix(7);
  if (const auto open = line.rfind(" ("); open != line.npos && line.ends_with(')'))
    line = line.substr(open + 2, line.size() - open - 3);
  Place place;
  place.column = take_number(line);
  place.line = place.column ? take_number(line) : 0;
  place.url = line;
  return place;
}

Place place_in_stack(std::string_view stack) {
  while (!stack.empty()) {
    const auto end = std::min(stack.find('\n'), stack.size());
    const Place place = place_in_line(stack.substr(0, end));
    if (place.line > 0 && !place.url.starts_with("mullion:")) return place;
    stack.remove_prefix(std::min(end + 1, stack.size()));
  }
  return {};
}

bool is_error_name(std::string_view name) {
  const bool word = name.find_first_of(" '\"<>#()[]{}.,\n") == name.npos;
  return word && (name.ends_with("Error") || name.ends_with("Exception"));
}

void split(Exception& exception, std::string_view sentence) {
  constexpr std::string_view uncaught = "Uncaught ";
  if (sentence.starts_with(uncaught)) sentence.remove_prefix(uncaught.size());
  const auto colon = std::min(sentence.find(": "), sentence.size());
  const bool named = is_error_name(sentence.substr(0, colon));
  if (named) exception.name = sentence.substr(0, colon);
  exception.message = named ? sentence.substr(std::min(colon + 2, sentence.size())) : sentence;
}

std::string stack_of(const Exception& e) {
  const std::string place = e.url + ":" + std::to_string(e.line) + ":" + std::to_string(e.column);
  return e.name + (e.message.empty() ? "" : ": ") + e.message + "\n    at " + place;
}

}  // namespace

Exception from_parts(std::span<script::Scalar> parts) {
  Exception exception;
  if (parts.size() < 5) return exception;
  exception.name = parts[0].take_text();
  exception.message = parts[1].take_text();
  exception.stack = parts[2].take_text();
  exception.code = parts[3].take_text();
  exception.kind = parts[4].take_text();
  const Place place = place_in_stack(exception.stack);
  exception.url = place.url;
  exception.line = place.line;
  exception.column = place.column;
  return exception;
}

Exception from_sentence(CefV8Exception& thrown, std::string_view url) {
  Exception exception;
  split(exception, to_utf8(thrown.GetMessage()));
  exception.url = to_utf8(thrown.GetScriptResourceName());
  if (exception.url.empty()) exception.url = url;
  exception.line = thrown.GetLineNumber();
  exception.column = thrown.GetStartColumn() + 1;
  if (!exception.name.empty()) exception.stack = stack_of(exception);
  return exception;
}

}  // namespace mullion::cef::v8
