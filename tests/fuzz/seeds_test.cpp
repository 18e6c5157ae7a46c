// Each target over its seeds, and over what comes of them by cutting, flipping and joining: the same each time.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "mullion/base/log.hpp"
#include "targets.hpp"

namespace {

using Seed = std::vector<std::byte>;

std::vector<Seed> seeds_of(const std::string& target) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(MULLION_SEEDS) / target))
    paths.push_back(entry.path());
  std::ranges::sort(paths);
  std::vector<Seed> seeds;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const auto bytes = std::as_bytes(std::span(text));
    seeds.emplace_back(bytes.begin(), bytes.end());
  }
  return seeds;
}

// One change at a place of its own choice.
void change(Seed& seed, const Seed& other, std::mt19937& random) {
  if (seed.empty()) return;
  const auto at = static_cast<std::ptrdiff_t>(random() % seed.size());
  switch (random() % 4) {
    case 0:
      seed[static_cast<std::size_t>(at)] ^= static_cast<std::byte>(1u << random() % 8);
      break;
    case 1:
      seed[static_cast<std::size_t>(at)] = static_cast<std::byte>(random());
      break;
    case 2:
      seed.resize(static_cast<std::size_t>(at));
      break;
    default:
      seed.resize(static_cast<std::size_t>(at));
      if (!other.empty())
        seed.insert(seed.end(), other.begin() + static_cast<std::ptrdiff_t>(random() % other.size()), other.end());
  }
}

void over_seeds(const std::string& target, void (*run)(FuzzBytes), int changes) {
  mullion::set_log_sink([](mullion::Level, std::string_view) {});
  const auto seeds = seeds_of(target);
  CHECK(seeds.size() >= 3);
  std::mt19937 random(1);
  for (const Seed& seed : seeds) {
    run(seed);
    for (int i = 0; i < changes; ++i) {
      Seed changed = seed;
      for (auto count = 1 + random() % 4; count > 0; --count) change(changed, seeds[random() % seeds.size()], random);
      run(changed);
    }
  }
  mullion::set_log_sink(nullptr);
}

}  // namespace

TEST_CASE("fuzz: a ring that its writer writes as it likes") { over_seeds("ring", ring_fuzz, 600); }
TEST_CASE("fuzz: a pipe that brings any bytes") { over_seeds("pipe", pipe_fuzz, 300); }
TEST_CASE("fuzz: a link whose other end is a bare socket") { over_seeds("link", link_fuzz, 150); }
TEST_CASE("fuzz: control messages and records of the node layer") { over_seeds("words", words_fuzz, 2000); }
TEST_CASE("fuzz: a broker and a child with a liar at the other end") { over_seeds("broker", broker_fuzz, 150); }
TEST_CASE("fuzz: what a child says as a process") { over_seeds("process", process_fuzz, 600); }
TEST_CASE("fuzz: values") { over_seeds("clone", clone_fuzz, 2000); }
TEST_CASE("fuzz: tables") { over_seeds("table", table_fuzz, 1000); }
