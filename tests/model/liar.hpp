// A process that says anything: what it could know of ends, tokens, epochs and links, and near misses.
#pragma once

#include <vector>

#include "model/world.hpp"

namespace mullion::node::core::model {

class Liar {
 public:
  Liar(World& world, Choice& choice) : world_(world), choice_(choice) {}
  void begin(NodeId self);  // from here on its channels are nobody else's loss
  void step(NodeId self);
  void end(NodeId self);  // it dies, if it was not caught before

 private:
  void learn(NodeId self);
  void learn(const Stream& stream);
  void know(EndId end);
  EndId some_end();
  Epoch epoch();
  Token token();
  LinkId some_link();
  std::vector<Carried> ports();
  Mail mail();
  Record record();
  Up word();
  void say_on_link(NodeId self);
  void fall_silent(NodeId self);

  World& world_;
  Choice& choice_;
  std::vector<EndId> ends_{};
  std::vector<Carried> carried_{};
};

}  // namespace mullion::node::core::model
