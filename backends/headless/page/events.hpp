// What becomes of a page: told to whoever drives it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "headless/load/net_error.hpp"
#include "headless/page/world.hpp"

namespace mullion::headless {

// Loop thread. A load is reported as
//   started_loading, navigated, context_created (main, isolated), [scripts], dom_ready, finished_loading,
//   stopped_loading
// or started_loading, ..., failed_loading, stopped_loading. None of these calls may destroy the page; `console`,
// `title` and `close_requested` come while script runs, the others do not.
class PageEvents {
 public:
  enum class Which : std::uint8_t { main, isolated };

  // `load` is the number that Page::load was given last: the page itself may navigate under it.
  virtual void started_loading(std::uint64_t load) = 0;
  virtual void navigated(std::string_view url) = 0;  // the document at `url` replaced the last one
  // Before the document's first script, once for each world. An error ends the load.
  virtual Result<> context_created(Which world, script::Context& context, std::string_view url) = 0;
  virtual void contexts_released() = 0;  // about to end: let go of everything in both; also after an error of the above
  virtual void dom_ready() = 0;
  virtual void finished_loading() = 0;
  virtual void failed_loading(NetError why, std::string_view url) = 0;
  virtual void stopped_loading() = 0;
  virtual void title(std::string_view text) = 0;
  virtual void console(const ConsoleLine& line) = 0;  // console.* and errors that nobody caught
  virtual void close_requested() = 0;                 // window.close()

 protected:
  ~PageEvents() = default;
};

}  // namespace mullion::headless
