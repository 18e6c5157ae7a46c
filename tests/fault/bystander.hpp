// The process that nothing happens to: it serves every end that it is given, whatever becomes of the others.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "mullion/node/node.hpp"
#include "talk.hpp"

namespace mullion::fault {

class Bystander {
 public:
  Bystander(node::Node& node, EndId boot) : talk_(node), boot_(boot) { serve(boot); }
  ~Bystander();
  bool over() const { return over_; }  // main hung up

 private:
  struct Line final : node::EndObserver {
    Line(Bystander& owner, EndId end) : owner(owner), end(end) {}
    void on_parcel_ready() override { owner.hear(end); }
    void on_closed(node::CloseReason) override { owner.closed(*this); }
    Bystander& owner;
    EndId end;
    bool told = false;
  };

  void serve(EndId end);
  void hear(EndId end);
  void answer(EndId end, Note& note);
  void give_back(EndId end);
  void flood(EndId end);
  void report(EndId end);
  void closed(Line& line);
  void drop(EndId end);

  Talk talk_;
  EndId boot_;
  std::map<EndId, std::unique_ptr<Line>> lines_;
  std::vector<std::unique_ptr<Line>> dropped_;  // one of their functions may be under way
  EndId given_ = 0;                             // last
  std::uint32_t told_twice_ = 0;
  bool over_ = false;
};

}  // namespace mullion::fault
