// A backend whose engine starts its own processes, as Chromium does: pages are empty C++ pages in processes that main
// did not start, which show an introduction to be believed.
//
//   engine:2            shown by the process of that number
//   engine:2,5          the same, and process 5 is given the introduction as well, which it has no right to
//   engine:2;5          process 5 shows a frame within the page, which is called 5
//   engine:2!5          process 5 says that it shows the frame within the page that is called 2
#pragma once

#include <memory>
#include <string_view>

#include "mullion/backend.hpp"

namespace mullion::test {

inline constexpr std::string_view process_switch = "--own-engine";

std::shared_ptr<const backend::Backend> own_engine();

}  // namespace mullion::test
