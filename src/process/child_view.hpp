// A page inside a window. Private.
#pragma once

#include <memory>

#include "mullion/main.hpp"

namespace mullion::main::detail {

struct Contents;
struct Window;

struct ChildView : std::enable_shared_from_this<ChildView> {
  Result<> add_to(Window& window);
  void remove();  // from its window
  void place();   // where bounds and visible say
  void destroy();
  void let_go();  // the app has ended, and tells nobody

  AppState* app = nullptr;   // null once the view is gone
  Window* parent = nullptr;  // which has it among its children
  std::shared_ptr<Contents> contents;
  Rectangle bounds;
  bool visible = true;
};

}  // namespace mullion::main::detail
