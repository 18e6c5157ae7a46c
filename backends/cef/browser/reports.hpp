// What a view tells its host, in order, from the loop and never from inside a call of Chromium's: whoever listens may
// end the view.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "mullion/backend.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::cef {

class Reports {
 public:
  using Report = std::move_only_function<void(backend::ViewHost&)>;
  // A report of a load's end, and all after it, wait until `may_end` says so or a while has passed.
  Reports(backend::ViewHost& host, std::move_only_function<bool()> may_end);
  ~Reports() { *alive_ = false; }
  Reports(const Reports&) = delete;
  Reports& operator=(const Reports&) = delete;

  void tell(Report report) { add({Kind::other, std::move(report)}); }
  void tell_load(Report report) { add({Kind::load, std::move(report)}); }
  void tell_end(Report report) { add({Kind::end, std::move(report)}); }
  void drop_loads();  // another load takes the place of what was told of the last one
  void look_again();  // may_end may have changed its mind

 private:
  enum class Kind : unsigned char { other, load, end };
  struct Entry {
    Kind kind;
    Report tell;
  };
  void add(Entry entry);
  void flush();
  bool waits(const Entry& entry);

  backend::ViewHost& host_;
  std::move_only_function<bool()> may_end_;
  std::deque<Entry> entries_;
  Timer patience_;
  bool waiting_ = false;
  bool impatient_ = false;
  bool flushing_ = false;  // or about to
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace mullion::cef
