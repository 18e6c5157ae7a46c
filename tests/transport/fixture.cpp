#include "fixture.hpp"

#include <poll.h>
#include <sched.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace mullion::transport {
namespace {

std::size_t open_descriptors() {
  namespace fs = std::filesystem;
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

std::size_t link_mappings() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) count += line.contains("memfd:mullion-link") ? 1 : 0;
  return count;
}

}  // namespace

std::unique_ptr<Loop> make_loop() {
  auto loop = Loop::create();
  REQUIRE(loop);
  return std::move(*loop);
}

std::uint64_t now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

bool run_until(Loop& loop, const std::function<bool()>& holds) {
  const auto end = now_ms() + test_deadline_ms;
  while (!holds()) {
    const auto now = now_ms();
    if (now >= end) return false;
    const int most = static_cast<int>(end - now);
    const int timeout = loop.timeout();
    pollfd ready{loop.fd(), POLLIN, 0};
    poll(&ready, 1, timeout < 0 || timeout > most ? most : timeout);
    loop.dispatch();
  }
  return true;
}

void run_idle(Loop& loop) {
  [[maybe_unused]] const auto end = now_ms() + test_deadline_ms;
  pollfd ready{loop.fd(), POLLIN, 0};
  loop.dispatch();
  while (loop.timeout() == 0 || poll(&ready, 1, 0) == 1) {
    REQUIRE(now_ms() < end);
    loop.dispatch();
  }
}

// libuv's first loop opens descriptors that stay.
Baseline::Baseline() : first_loop_(make_loop()), descriptors_(open_descriptors()), mappings_(link_mappings()) {}

// Threads that close descriptors may still be at it.
Baseline::~Baseline() {
  const auto end = now_ms() + test_deadline_ms;
  while (open_descriptors() != descriptors_ && now_ms() < end) sched_yield();
  CHECK(open_descriptors() == descriptors_);
  CHECK(link_mappings() == mappings_);
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::vector<std::byte> pattern(std::size_t size, unsigned seed) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 31 + (i >> 8) + seed * 7) & 0xff);
  return bytes;
}

bool Recorder::on_record(const RecordHeader& header, Bytes payload) {
  if (record && !record(header, payload)) return false;
  records.push_back({header, {payload.begin(), payload.end()}});
  return true;
}

void Recorder::on_control(Bytes message, std::vector<UniqueFd> fds) {
  controls.push_back({{message.begin(), message.end()}, std::move(fds)});
  if (control) control(message);
}

void Recorder::on_turn_end() {
  ++turns;
  if (turn_end) turn_end();
}

void Recorder::on_closed(const Error& why) {
  closed.push_back(why);
  if (ended) ended();
}

Links make_links(Loop& a, Loop& b, LinkOptions options) {
  if (options.medium == Medium::in_process) return Link::in_process(a, b, options);
  auto sockets = Link::socket_pair();
  REQUIRE(sockets);
  auto first = Link::offer(a, std::move(sockets->first), options);
  REQUIRE(first);
  options.medium = Medium::automatic;
  auto second = Link::accept(b, std::move(sockets->second), options);
  REQUIRE(second);
  return {std::move(*first), std::move(*second)};
}

Pair::Pair(LinkOptions options) {
  std::tie(a, b) = make_links(*loop, *loop, options);
  a->start(ha);
  b->start(hb);
}

Result<> send(Link& link, const RecordHeader& header, Bytes payload) {
  return link.send(header, std::span(&payload, 1));
}

Result<> send(Link& link, std::uint64_t port, std::string_view text) {
  return send(link, {.port = port}, std::as_bytes(std::span(text)));
}

}  // namespace mullion::transport
