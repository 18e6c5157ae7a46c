// The same exchanges by Mullion's means.
#pragma once

#include "suite/row.hpp"

namespace mullion::bench::links {

Result<> drive_link(Session& session);  // 64 B there and back over a raw link, each end in Link::wait
Result<> answer_link(const Peer& peer);
Result<> drive_one_way(Session& session);  // 64 B records, 64 published at once, both ends never sleep
Result<> answer_one_way(const Peer& peer);
Result<> drive_alone(Session& session);  // 64 B there and back, each end in its loop
Result<> answer_alone(const Peer& peer);
Result<> drive_among_many(Session& session);  // the same on one of 200 links between the two
Result<> answer_among_many(const Peer& peer);

}  // namespace mullion::bench::links

// Ports between main and one child, each in its loop.
namespace mullion::bench::ports {

Result<> drive_trusted(Session& session);  // 64 B there and back
Result<> answer_trusted(const Peer& peer);
Result<> drive_untrusted(Session& session);
Result<> answer_untrusted(const Peer& peer);
Result<> drive_loads(Session& session);  // 1 MiB there and back
Result<> answer_loads(const Peer& peer);

Result<> drive_shared_buffer(Session& session);  // 1 MiB there and back, the same SharedBuffer each time
Result<> answer_shared_buffer(const Peer& peer);
Result<> drive_sealed_buffer(Session& session);  // the same, a sealed one made for each way
Result<> answer_sealed_buffer(const Peer& peer);

// 10,000 channels between the two, on which nothing is said.
Result<> drive_idle_in_main(Session& session);   // what one costs in main, in bytes, and in time until the child has it
Result<> drive_idle_in_child(Session& session);  // the same in the child
Result<> drive_among_idle(Session& session);     // 64 B there and back on one more
Result<> answer_idle(const Peer& peer);

// The child posts batches of 64, main takes them.
Result<> drive_one_way_bytes(Session& session);
Result<> answer_one_way_bytes(const Peer& peer);
Result<> drive_one_way_value(Session& session);
Result<> answer_one_way_value(const Peer& peer);

}  // namespace mullion::bench::ports

// Between the roles of a program.
namespace mullion::bench::roles {

Result<> drive_invoke(Session& session);   // a typed call from a native renderer's preload to a coroutine in main
Result<> drive_utility(Session& session);  // a utility process started, until its first message
Result<> drive_isolated_utility(Session& session);  // the same, isolated
Group page_rows();                         // a page's script to main and back; none where no backend runs scripts
std::vector<Group> cef_groups();           // in a real Chromium, beside a bare CEF program; none without that backend

}  // namespace mullion::bench::roles
