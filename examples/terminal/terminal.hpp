// A renderer backend in a hundred lines: a page is a C++ function that draws lines of text to the terminal.
#pragma once

#include <mullion/backend.hpp>
#include <mullion/renderer.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace terminal {

using Draw = std::function<void(std::string_view line)>;  // appears on main's standard output

struct Page {
  std::string name;  // of terminal:NAME
  std::function<mullion::Task<mullion::Result<>>(mullion::renderer::Page&, Draw)> run;
};

std::shared_ptr<const mullion::backend::Backend> backend(std::vector<Page> pages);

}  // namespace terminal
