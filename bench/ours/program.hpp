// The Mullion program that the rows about roles run: its main differs by row, its children are listed here.
#pragma once

#include <functional>

#include "mullion/main.hpp"
#include "suite/row.hpp"

namespace mullion::bench {

// One round in main's role. Ends the program when it is done.
class Stage {
 public:
  explicit Stage(Session& session) : session_(session) {}
  Session& session() { return session_; }
  const Result<>& result() const { return result_; }
  void end(main::App& app, Result<> result = {});
  // Takes the samples that a child sends as the bytes of doubles on "samples", and the error that it sends on
  // "failed"; either ends the stage, and so does a child that ends on its own.
  void await_samples(main::App& app);
  // For the child: what Session it measures with.
  std::vector<std::string> arguments() const;
  static Session session_of(const std::vector<std::string>& arguments);

 private:
  Session& session_;
  Result<> result_ = std::unexpected(Error{.message = "the program ended before the round did"});
};

// A window whose page is only its preload: "invoke".
Result<main::BrowserWindow> show_native_page(main::App& app, Stage& stage, std::string preload);

Program children_program();  // what every child runs
Result<> run_main(Session& session, std::function<Task<Result<>>(main::App&, Stage&)> start);

}  // namespace mullion::bench
