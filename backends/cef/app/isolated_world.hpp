// How a view's introduction reaches the isolated world of its main frame: main has the DevTools protocol run a line of
// script there before each document's own; the line calls a function that the renderer process put into every world
// but the page's, and that is taken away when it was called.
#pragma once

namespace mullion::cef {

inline constexpr const char* isolated_world_name = "Mullion Isolated Context";
inline constexpr const char* claim_function = "__mullionClaim";

// What a view shows where nothing was asked for: no view is introduced there.
inline constexpr const char* empty_page = "about:blank#mullion";

}  // namespace mullion::cef
