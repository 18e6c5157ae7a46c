// Everything that a hostile process can say in one word, with fields from what there is in a small world: for an
// explorer, which tries them all at every step.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/world.hpp"

namespace mullion::node::core::model {

struct Lie {
  Word word{};  // an Up for the broker, a Record for a link
  LinkId link = broker_link;
};

// Said at once, before whatever the process had to say: when it is heard is the process's own choice anyway.
std::vector<std::shared_ptr<const Lie>> lies(const World& world);
void tell_lie(World& world, const Lie& lie);
std::string tell_of(const Lie& lie);

}  // namespace mullion::node::core::model
