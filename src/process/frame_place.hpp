// Where a frame of a page's is, as main knows it. Private.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "process/renderer_link.hpp"

namespace mullion::main::detail {

// It lives as long as the frame is the page's: who answers it later holds it weakly.
struct FramePlace {
  std::shared_ptr<RendererLink> link;
  std::uint32_t id = 0;         // the process's number for it
  std::string name;             // the engine's, of a frame within the page; "" of the page's own
  std::shared_ptr<bool> calls;  // of the page from that process: shared with the answers that it waits for
};

}  // namespace mullion::main::detail
