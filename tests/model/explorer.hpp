// Every state that a scenario can come to, once each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/scenario.hpp"

namespace mullion::node::core::model {

// A set of digests: open addressing, 16 bytes an entry, three quarters of them used at most.
class Seen {
 public:
  bool insert(Digest digest);  // false: it was there
  std::size_t size() const { return size_; }

 private:
  void grow();

  std::vector<Digest> table_ = std::vector<Digest>(1u << 12, Digest{0, 0});
  std::size_t size_ = 0;
};

struct Found {
  std::size_t states = 0;
  std::size_t steps = 0;
  std::size_t rests = 0;  // states where nothing is under way, each of which was brought to its end and checked
  bool complete = false;  // nothing is left to explore
  std::string problem{};  // the first, and how it came about
};

// Stops at the first problem, and where `most` states were seen.
Found explore(const Scenario& scenario, std::size_t most = 100'000'000);

}  // namespace mullion::node::core::model
