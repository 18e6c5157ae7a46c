#include <mullion/base/loop.hpp>

#include <cstdio>

int main() {
  auto loop = mullion::Loop::create();
  if (!loop) return 1;
  (*loop)->defer([&] {
    std::puts("plain: one turn");
    (*loop)->stop();
  });
  return (*loop)->run() ? 0 : 1;
}
