// Sleeping on a word that another thread or process changes.
#pragma once

#include <atomic>
#include <cstdint>

namespace mullion::transport {

// Sleeps while the word has this value, at most so long. The word may be mapped read-only.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value, std::uint64_t nanoseconds);
void futex_wake(std::atomic<std::uint32_t>& word);

}  // namespace mullion::transport
