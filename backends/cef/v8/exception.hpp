// What is known of an exception: all of it where the prelude caught it, a sentence where only CEF did.
#pragma once

#include <span>
#include <string_view>

#include "cef/version.hpp"
#include "mullion/script/engine.hpp"

namespace mullion::cef::v8 {

// The prelude's parts: name, message, stack, code, kind. The place is the stack's first that is not Mullion's.
script::Exception from_parts(std::span<script::Scalar> parts);
// CEF's: "Uncaught TypeError: x is not a function". The name is empty when no error was thrown, as far as one can see.
script::Exception from_sentence(CefV8Exception& exception, std::string_view url);

}  // namespace mullion::cef::v8
