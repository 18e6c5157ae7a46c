// Nodes that this thread's values gave back, kept for its next ones: a thread that takes messages makes and drops the
// same few, and asking the heap for them costs as much as all else. Private.
#pragma once

#include <cstddef>

#include "ipc/value_node.hpp"

namespace mullion::detail {

// Few, and small: what a thread keeps is at most about 40 KiB. Under AddressSanitizer nothing is kept, or it could not
// see a node used that nobody holds.
inline constexpr std::uint32_t most_spares = 32;
inline constexpr std::size_t longest_spare_text = 512;
inline constexpr std::size_t most_spare_members = 16;

TextNode* new_text(std::string_view text);
TextNode* new_text(std::string&& text);
RecordNode* new_record(std::vector<Value::Member>&& members);
void end(TextNode* node);
void end(RecordNode* node);  // its members hold nothing any more
// Empty, with memory if there is some.
std::vector<Value::Member> new_members(std::size_t count);

}  // namespace mullion::detail
