// What the tests of links share: a loop that is driven until something holds, handlers that remember, and pairs of ends.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mullion/base/loop.hpp"
#include "mullion/transport/link.hpp"

namespace mullion::transport {

inline constexpr std::uint64_t test_deadline_ms = 20'000;

std::unique_ptr<Loop> make_loop();
std::uint64_t now_ms();

// Drives the loop until it holds. False: the deadline passed.
bool run_until(Loop& loop, const std::function<bool()>& holds);
// Drives it as long as it has something to do at once.
void run_idle(Loop& loop);

// Checks, when it ends, that descriptors and mappings of links are as many as when it began. Declare it first.
class Baseline {
 public:
  Baseline();
  ~Baseline();

 private:
  std::unique_ptr<Loop> first_loop_;
  std::size_t descriptors_;
  std::size_t mappings_;
};

std::vector<std::byte> bytes_of(std::string_view text);
std::string text_of(Bytes bytes);
std::vector<std::byte> pattern(std::size_t size, unsigned seed);  // bytes that differ by place and seed

struct Record {
  RecordHeader header;
  std::vector<std::byte> payload;
};

struct Control {
  std::vector<std::byte> message;
  std::vector<UniqueFd> fds;
};

// Remembers everything; the functions, where set, decide or act.
struct Recorder : LinkHandler {
  std::vector<Record> records;
  std::vector<Control> controls;
  std::vector<Error> closed;
  int turns = 0;
  int writable = 0;
  std::function<bool(const RecordHeader&, Bytes)> record;
  std::function<void(Bytes)> control;
  std::function<void()> turn_end;
  std::function<void()> room;  // at on_writable
  std::function<void()> ended;

  bool on_record(const RecordHeader& header, Bytes payload) override;
  void on_control(Bytes message, std::vector<UniqueFd> fds) override;
  void on_turn_end() override;
  void on_writable() override {
    ++writable;
    if (room) room();
  }
  void on_closed(const Error& why) override;

  std::string closed_code() const { return closed.empty() ? "" : closed.front().code; }
};

// The media, for TEST_CASE_TEMPLATE.
struct Shm {
  static constexpr Medium medium = Medium::shm;
  static constexpr bool trusted = false;
};
struct TrustedShm {
  static constexpr Medium medium = Medium::shm;
  static constexpr bool trusted = true;
};
struct Pipe {
  static constexpr Medium medium = Medium::pipe;
  static constexpr bool trusted = false;
};
struct InProcess {
  static constexpr Medium medium = Medium::in_process;
  static constexpr bool trusted = false;
};

#define EVERY_MEDIUM Shm, TrustedShm, Pipe, InProcess

using Links = std::pair<std::unique_ptr<Link>, std::unique_ptr<Link>>;

// Two ends that were not started.
Links make_links(Loop& a, Loop& b, LinkOptions options);

// Both ends on one loop, started.
struct Pair {
  explicit Pair(LinkOptions options);
  template <class M>
  static LinkOptions options() {
    return {.medium = M::medium, .trusted = M::trusted};
  }

  Baseline baseline;
  std::unique_ptr<Loop> loop = make_loop();
  Recorder ha;
  Recorder hb;
  std::unique_ptr<Link> a;
  std::unique_ptr<Link> b;

  bool until(const std::function<bool()>& holds) { return run_until(*loop, holds); }
};

Result<> send(Link& link, const RecordHeader& header, Bytes payload);
Result<> send(Link& link, std::uint64_t port, std::string_view text);

}  // namespace mullion::transport

TYPE_TO_STRING(mullion::transport::Shm);
TYPE_TO_STRING(mullion::transport::TrustedShm);
TYPE_TO_STRING(mullion::transport::Pipe);
TYPE_TO_STRING(mullion::transport::InProcess);
