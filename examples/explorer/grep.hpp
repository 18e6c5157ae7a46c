// What grep finds, to hold a search against.
#pragma once

#include <mullion/base/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

struct Counted {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  std::uint32_t hash = 0x811c9dc5;  // FNV-1a
  bool operator==(const Counted&) const = default;
};

// Runs `LC_ALL=C grep -F -n -m LIMIT -e QUERY -- TEXTS` for each query, one after the other, and adds up what it
// prints. Blocks: for a thread of its own.
mullion::Result<Counted> grep(const std::vector<std::string>& queries, std::uint32_t limit,
                              const std::vector<std::string>& texts);
