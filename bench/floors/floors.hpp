// The least that each kind of exchange can cost: the same work by the barest means.
#pragma once

#include "suite/row.hpp"

namespace mullion::bench::floors {

// 64 B there and back.
Result<> drive_line(Session& session);  // a cache line each way, both ends spin
Result<> answer_line(const Peer& peer);
Result<> drive_futex(Session& session);  // the same lines, each end sleeps on a futex
Result<> answer_futex(const Peer& peer);
Result<> drive_event(Session& session);  // the same lines, an eventfd in each end's libuv loop
Result<> answer_event(const Peer& peer);
Result<> drive_packet(Session& session);  // a seqpacket socket in each end's libuv loop carries them
Result<> answer_packet(const Peer& peer);

// 64 B one way: stores into a ring of cache lines.
Result<> drive_stores(Session& session);
Result<> answer_stores(const Peer& peer);

// 1 MiB there and back: copied into shared memory and out of it, each way.
Result<> drive_copies(Session& session);
Result<> answer_copies(const Peer& peer);

// 1 MiB there and back in memory that both have, and in memory made anew for each way; a socket in each end's libuv loop.
Result<> drive_in_place(Session& session);
Result<> answer_in_place(const Peer& peer);
Result<> drive_fresh(Session& session);
Result<> answer_fresh(const Peer& peer);

// This executable started, until its first byte arrives.
Result<> drive_start(Session& session);
Result<> answer_start(const Peer& peer);

}  // namespace mullion::bench::floors
