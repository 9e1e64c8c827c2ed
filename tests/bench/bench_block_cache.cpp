// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Speed of the cache policies on one core: operations (hold, insert, release, evict) a
// second of its time.
// Prompts of 64 blocks, some new and some asked for again, in a cache of 100,000 blocks that is
// full from the second pass on.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/rng.h"
#include "simulator/cache/block_cache.h"
#include "tests/bench/thread_seconds.h"

namespace pagequest::bench {
namespace {

using namespace simulator;

constexpr std::int64_t kCapacity = 100'000;
constexpr std::uint64_t kPromptBlocks = 64;
constexpr int kPrompts = 40'000;

std::vector<std::uint64_t> prompts() {
  Rng rng(7);
  std::vector<std::uint64_t> out;
  for (std::uint64_t fresh = 1; out.size() < kPrompts;) {
    const bool again = fresh > 100 && rng.chance(0.5);
    out.push_back(again ? fresh - rng.below(std::min<std::uint64_t>(fresh, 2500)) - 1 : fresh++);
  }
  return out;
}

std::int64_t serve(BlockCache& cache, std::uint64_t prompt, Nanoseconds now) {
  std::int64_t operations = 0;
  BlockTouch touch{.now = now,
                   .session = static_cast<std::int64_t>(prompt),
                   .session_continues = prompt % 3 != 0,
                   .next_use = static_cast<std::int64_t>(
                       mix64(prompt + static_cast<std::uint64_t>(now)) % kPrompts)};
  const BlockId first = prompt * kPromptBlocks + 1;
  for (BlockId id = first; id < first + kPromptBlocks; ++id) {
    touch.parent = id == first ? 0 : id - 1;
    if (cache.contains(id)) {
      cache.hold(id, touch);
    } else {
      if (cache.size() >= kCapacity) operations += cache.evict(now) ? 1 : 0;
      cache.insert(id, touch);
    }
  }
  for (BlockId id = first + kPromptBlocks; id-- > first;) cache.release(id, touch);
  return operations + 2 * static_cast<std::int64_t>(kPromptBlocks);
}

void time_policy(const std::string& name, const std::vector<std::uint64_t>& stream) {
  double best = 0.0;
  for (int round = 0; round < 3; ++round) {
    const auto cache = make_block_cache(name);
    const double start = thread_seconds();
    std::int64_t operations = 0;
    for (std::size_t i = 0; i < stream.size(); ++i) {
      operations += serve(*cache, stream[i], static_cast<Nanoseconds>(i) * 1'000'000);
    }
    best = std::max(best, static_cast<double>(operations) / (thread_seconds() - start));
  }
  std::printf("  %-10s %8.1f M operations/s\n", name.c_str(), best / 1e6);
}

}  // namespace
}  // namespace pagequest::bench

int main() {
  const auto stream = pagequest::bench::prompts();
  for (const auto& policy : pagequest::simulator::cache_policies()) {
    pagequest::bench::time_policy(std::string(policy.name), stream);
  }
}
