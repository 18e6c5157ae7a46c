// The kernel says no: one call of this process fails, as if there were no memory, no descriptor, no thread left.
// failing_calls.cpp stands between the program and the C library.
#pragma once

#include <atomic>
#include <cerrno>
#include <optional>
#include <string_view>

namespace mullion::fault {

enum class Call : int {
  memfd_create,
  pwrite,
  mmap,
  fcntl,
  socketpair,
  sendmsg,
  send,
  eventfd,
  epoll_create1,
  pipe2,
  open,
  pthread_create,
  clone,
  nothrow_new,  // operator new that may say no
  count
};

std::string_view to_string(Call call);
std::optional<Call> call_named(std::string_view name);

// From now on the n-th one fails, once, with that error.
void fail_call(Call call, int nth, int error);
// No more. True: it has failed.
bool fail_no_more();

inline constexpr int it_failed = 100;  // added to the exit code of a child that met its failure

// --mullion-fail=CALL:NTH:ERROR on the command line of a child.
void fail_as_told(int argc, char** argv);

}  // namespace mullion::fault
