// Runs a script so that as much as can be had of what it came to, or threw, is had.
#pragma once

#include <string_view>

#include "cef/v8/world.hpp"

namespace mullion::cef::v8 {

struct Evaluation {
  bool ok = false;
  bool told = false;              // the prelude has the value, or what was thrown
  CefRefPtr<CefV8Value> value{};  // otherwise: CEF's answer
  Exception exception{};          // or the exception as CEF tells it
  int prefix = 0;                 // characters that stood before the source, in its first line
};

// In the entered context.
Evaluation evaluate(World& world, std::string_view source, std::string_view url, int line);

}  // namespace mullion::cef::v8
