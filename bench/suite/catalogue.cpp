#include "floors/floors.hpp"
#include "ours/ours.hpp"
#include "suite/row.hpp"

namespace mullion::bench {
namespace {

constexpr auto floor = Who::floor;
constexpr auto ours = Who::ours;
constexpr auto same = Placement::same;
constexpr auto split = Placement::split;
constexpr std::size_t ball = 64, load = 1024 * 1024;

std::vector<Group> own_groups() {
  using namespace floors;
  using namespace links;
  using namespace ports;
  using namespace roles;
  return {
      {{"line-spin", floor, "round trip, both spin on a shared cache line", ball, split, drive_line, answer_line},
       {"link-spin", ours, "round trip, raw link, both in Link::wait", ball, split, drive_link, answer_link}},
      {{"futex", floor, "round trip, shared memory, futex wait and wake", ball, same, drive_futex, answer_futex},
       {"link-futex", ours, "round trip, raw link, both in Link::wait", ball, same, drive_link, answer_link}},
      {{"eventfd-libuv", floor, "round trip, shared memory, eventfds in libuv", ball, same, drive_event, answer_event},
       {"port-trusted", ours, "round trip, port, both trusted", ball, same, drive_trusted, answer_trusted},
       {"invoke-typed", ours, "typed invoke, native renderer to a coroutine in main", ball, same, drive_invoke}},
      {{"seqpacket-libuv", floor, "round trip, socket in libuv", ball, same, drive_packet, answer_packet},
       {"port-untrusted", ours, "round trip, port to an untrusted child", ball, same, drive_untrusted,
        answer_untrusted},
       {"port-among-idle", ours, "the same, one port among 10,000 idle ones", ball, same, drive_among_idle,
        answer_idle}},
      {{"link-alone", ours, "round trip, raw link, both in their loops", ball, same, drive_alone, answer_alone},
       {"link-among-links", ours, "the same, one link of 200", ball, same, drive_among_many, answer_among_many}},
      {{"idle-ports-main", ours, "a channel made and sent, idle: bytes in main", 0, same, drive_idle_in_main,
        answer_idle},
       {"idle-ports-child", ours, "a channel made and sent, idle: bytes in the child", 0, same, drive_idle_in_child,
        answer_idle}},
      {{"stores", floor, "one way, stores into a shared ring", ball, split, drive_stores, answer_stores},
       {"one-way-link", ours, "one way, raw link, batches of 64", ball, split, drive_one_way, answer_one_way},
       {"one-way-port-bytes", ours, "one way, port, bytes, batches of 64", ball, split, drive_one_way_bytes,
        answer_one_way_bytes},
       {"one-way-port-value", ours, "one way, port, an object of a number and a text, batches of 64", ball, split,
        drive_one_way_value, answer_one_way_value}},
      {{"copies-same", floor, "round trip, a copy in and a copy out each way, futex", load, same, drive_copies,
        answer_copies},
       {"port-1mib-same", ours, "round trip, port, bytes", load, same, drive_loads, answer_loads}},
      {{"copies-split", floor, "round trip, a copy in and a copy out each way, spinning", load, split, drive_copies,
        answer_copies},
       {"port-1mib-split", ours, "round trip, port, bytes", load, split, drive_loads, answer_loads}},
      {{"in-place", floor, "round trip, written in place, a byte on a socket in libuv", load, same, drive_in_place,
        answer_in_place},
       {"shared-buffer", ours, "round trip, port, one SharedBuffer to and fro", load, same, drive_shared_buffer,
        answer_shared_buffer}},
      {{"fresh-memory", floor, "round trip, a sealed memfd made for each way", load, same, drive_fresh, answer_fresh},
       {"sealed-buffer", ours, "round trip, port, a sealed SharedBuffer made for each way", load, same,
        drive_sealed_buffer, answer_sealed_buffer}},
      {{"bare-start", floor, "start of this executable to its first byte", 1, same, drive_start, answer_start},
       {"utility-start", ours, "utility process started to its first message", 5, same, drive_utility},
       {"utility-start-isolated", ours, "the same, isolated", 5, same, drive_isolated_utility}},
      page_rows(),
  };
}

std::vector<Group> all_groups() {
  auto all = own_groups();
  for (auto& group : roles::cef_groups()) all.push_back(std::move(group));
  return all;
}

}  // namespace

const std::vector<Group>& groups() {
  static const auto all = all_groups();
  return all;
}

const Row* find_row(std::string_view name) {
  for (const auto& group : groups())
    for (const auto& row : group)
      if (row.name == name) return &row;
  return nullptr;
}

}  // namespace mullion::bench
