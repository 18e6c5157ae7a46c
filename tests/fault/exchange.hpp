// The scripted exchange between main, a process that something happens to, and a bystander: channels are made, small
// and large messages go both ways, ends move from main to a child, from there to the other child and back, and all is
// closed.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>

#include "census.hpp"
#include "harness/scripts.hpp"
#include "talk.hpp"

namespace mullion::fault {

// An end of main's, and how often it was told that it closed.
struct Line final : node::EndObserver {
  explicit Line(EndId end) : end(end) {}
  void on_parcel_ready() override {}
  void on_closed(node::CloseReason reason) override { ++closes, why = reason; }
  EndId end;
  int closes = 0;
  std::optional<node::CloseReason> why;
};

// Main's side of it, once. Every step waits for an answer or for the end's close; whatever comes, it ends.
class Exchange {
 public:
  Exchange(harness::Main& main, Talk& talk, EndId victim, EndId bystander);
  ~Exchange();

  // True: every step was gone through. False: one found somebody gone, or a node that refused.
  bool run();
  // Afterwards: whatever main still holds is answered, or closes; everything is closed here. The victim's boot end
  // closes once, with that reason unless there is none.
  void settle(std::optional<node::CloseReason> why);
  const std::string& step() const { return step_; }  // the last one begun

 private:
  bool greet();
  bool lend();
  bool introduce();
  bool take_over();
  bool return_it();
  bool leave();
  bool echo(EndId end, std::size_t filling);
  bool echoes(EndId end);
  std::optional<Note> await(EndId end, Verb verb);
  Line& hold(EndId end);
  void settle(Line& line);

  harness::Main& main_;
  Talk& talk_;
  EndId victim_;
  EndId bystander_;
  EndId lent_ = 0;   // our end of what the victim was lent
  EndId taken_ = 0;  // the victim's own end, once it is here
  std::list<Line> lines_;
  std::string step_;
};

// Main, its bystander, and what both had before anything happened.
class Stage {
 public:
  enum class Pools { made, not_made };  // between main and the bystander, before what they have is noted
  explicit Stage(transport::Medium medium, Pools pools = Pools::made);
  ~Stage();

  harness::Main& main() { return *main_; }
  Talk& talk() { return *talk_; }
  EndId bystander() const { return bystander_->boot; }
  void note();  // what main and the bystander have now is what they had before
  // Waits until the bystander serves no end any more, and both have what they had before.
  void expect_as_before();
  void expect_heap(std::uint64_t bytes);  // neither heap has grown by more than that
  Report ask_bystander();

 private:
  void make_pools();
  std::unique_ptr<harness::Main> main_;
  harness::Started* bystander_ = nullptr;
  std::optional<Talk> talk_;
  Census before_;
  Report bystander_before_;
};

// A victim's life, as the broker tells it.
struct Life {
  node::ChildId id = 0;
  EndId boot = 0;
  int exits = 0;
  std::optional<node::ExitStatus> status;
  std::optional<Error> link_failed;
};

// Starts a child of that program. Nothing: it could not be started, and `why` says so.
std::unique_ptr<Life> start(harness::Main& main, std::string_view program, std::vector<std::string> arguments = {},
                            Error* why = nullptr);
void expect_exit(harness::Main& main, Life& life);  // once

}  // namespace mullion::fault
