// How introductions reach the isolated worlds of a view's frames: main has the DevTools protocol run a line of script
// there before each document's own; the line calls a function that the renderer process put into every world but the
// page's, and that is taken away when it was called. It has two arguments, in base64: the introduction for the view's
// main frame, which only the process that shows the page is given, and the one for frames within; "" where none is
// meant.
#pragma once

namespace mullion::cef {

inline constexpr const char* isolated_world_name = "Mullion Isolated Context";
inline constexpr const char* claim_function = "__mullionClaim";

// What a view shows where nothing was asked for: no view is introduced there.
inline constexpr const char* empty_page = "about:blank#mullion";

}  // namespace mullion::cef
