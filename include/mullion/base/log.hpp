// Where Mullion writes what nobody asked for: warnings about a misbehaving child, an option that has no effect, the
// console of a page that the program does not listen to.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace mullion {

enum class Level : std::uint8_t { debug, info, warning, error };

std::string_view to_string(Level level);

// Sends the log to `sink` instead of stderr, for the whole process; an empty one restores stderr, which gets a line
// "mullion: text" for all but `debug`. Any thread. The sink is called on the thread that logs, by one thread at a
// time, and must not log.
void set_log_sink(std::move_only_function<void(Level, std::string_view)> sink);

// Any thread.
void log(Level level, std::string_view text);

}  // namespace mullion
