#include "mullion/base/sleep.hpp"

namespace mullion {

Task<void> sleep_for(Loop& loop, std::uint64_t milliseconds) {
  auto pair = one_shot<bool>();
  Timer timer(loop, milliseconds, [&pair] { pair.answer(true); });
  co_await std::move(pair.waiting);
}

}  // namespace mullion
