#include "mullion/base/error.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <set>

#include "mullion/base/unique_fd.hpp"

using namespace mullion;

namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }
int open_one() { return ::open("/proc/self/status", O_RDONLY | O_CLOEXEC); }

}  // namespace

TEST_CASE("error: a failed call's error has errno's name and says what was tried") {
  auto error = errno_error("Cannot make a socket", EMFILE);
  CHECK(error.kind == Kind::failed);
  CHECK(error.code == "EMFILE");
  CHECK(error.message == "Cannot make a socket: Too many open files");
  errno = ENOENT;
  CHECK(errno_error("Cannot open x").code == "ENOENT");
}

TEST_CASE("error: a number without a name is an error still") {
  auto error = errno_error("Cannot try", 99999);
  CHECK(error.code == "E99999");
  CHECK(error.message == "Cannot try: unknown error 99999");
}

TEST_CASE("error: each kind has its own name") {
  std::set<std::string_view> names;
  for (int kind = 0; kind <= int(Kind::invalid); ++kind) names.insert(to_string(Kind(kind)));
  CHECK(names == std::set<std::string_view>{"denied", "disconnected", "failed", "invalid", "overloaded",
                                            "unimplemented"});
}

TEST_CASE("descriptor: is closed once, by its last owner") {
  const int raw = open_one();
  REQUIRE(raw >= 0);
  {
    UniqueFd first(raw);
    UniqueFd second(std::move(first));
    CHECK_FALSE(first);
    CHECK(second.get() == raw);
    CHECK(is_open(raw));
  }
  CHECK_FALSE(is_open(raw));
}

TEST_CASE("descriptor: assigning, resetting and releasing keep one owner") {
  UniqueFd a(open_one());
  UniqueFd b(open_one());
  const int first = a.get();
  const int second = b.get();
  a = std::move(b);
  CHECK_FALSE(is_open(first));
  CHECK(a.get() == second);
  auto& itself = a;
  a = std::move(itself);
  a.reset(a.get());
  CHECK(is_open(second));
  CHECK(a.release() == second);
  CHECK(is_open(second));
  UniqueFd(second).reset();
  CHECK_FALSE(is_open(second));
}
