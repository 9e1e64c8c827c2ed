// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// An executable of its own, because it replaces operator new. What is kept for each position or
// page doubles its memory when the sequence has doubled, at powers of two and at twice the prompt:
// the counted steps, at 1,070 to 1,269 tokens, lie between 1,024 and 1,280.
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "engine/kv/policies/registry.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/policy_decoding.h"
#include "tests/support/short_policies.h"

using namespace pagequest;
using namespace pagequest::testing;

namespace {

constexpr DecodingShape kShape{.prompt = 640,
                               .tokens = 820,
                               .page_size = 4,
                               .heads = {.layers = 2, .kv_heads = 2},
                               .head_dim = 8};

struct Counts {
  std::int64_t allocations = 0;
  std::size_t victims = 0;
};

/// Of 200 steps behind 250 others.
Counts decode(const kv::PolicySpec& spec, std::int32_t lag_steps) {
  const CapturedMasses masses = drawn_masses(kShape, 5);
  PolicyDecoding decoding(spec, kShape, masses, lag_steps);
  decoding.decide();
  Counts counts;
  for (int step = 0; step < 450; ++step) {
    decoding.prepare();
    const std::int64_t before = allocations();
    decoding.observe();
    const std::size_t victims = decoding.decide();
    if (step < 250) continue;
    counts.allocations += allocations() - before;
    counts.victims += victims;
  }
  return counts;
}

}  // namespace

TEST_CASE("the counter sees an allocation") {
  const std::int64_t before = allocations();
  const std::string text(1000, 'x');
  CHECK(allocations() == before + 1);
}

TEST_CASE("in steady state a policy that decides by its budget takes no memory") {
  const std::int32_t lag = GENERATE(0, 2);
  for (const kv::PolicyEntry& entry : kv::policies()) {
    if (entry.trigger != kv::Trigger::budget) continue;
    kv::PolicySpec spec{.name = std::string(entry.name),
                        .params = short_params(entry.name),
                        .budget_tokens = kShape.tokens - 20};
    for (const char* every_steps : {"0", "1"}) {
      spec.params["every_steps"] = every_steps;
      CAPTURE(entry.name, lag, every_steps);
      const Counts counts = decode(spec, lag);
      CHECK(counts.allocations == 0);
      if (every_steps[0] == '1') CHECK(counts.victims > 0);
    }
  }
}

TEST_CASE("sharing a layer's budget adaptively takes no memory in steady state either") {
  const Counts counts =
      decode({.name = "lru",
              .params = {{"sharing", "head"}, {"allocation", "adaptive"}, {"every_steps", "1"}},
              .budget_tokens = kShape.tokens - 20},
             0);
  CHECK(counts.allocations == 0);
  CHECK(counts.victims > 0);
}

TEST_CASE("SnapKV with a period takes no memory in steady state either") {
  const Counts counts = decode({.name = "snapkv",
                                .params = {{"preset", "rkv-decode"}, {"window", "8"}},
                                .budget_tokens = kShape.tokens - 20},
                               0);
  CHECK(counts.allocations == 0);
  CHECK(counts.victims > 0);
}

TEST_CASE("a policy with a rule takes no memory in steady state either") {
  const std::int32_t lag = GENERATE(0, 2);
  CAPTURE(lag);
  const Counts diffkv =
      decode({.name = "diffkv", .params = short_params("diffkv"), .budget_tokens = 0}, lag);
  CHECK(diffkv.allocations == 0);
  CHECK(diffkv.victims > 0);
  // Segments double at 16, which the counted steps do not reach.
  std::map<std::string, std::string> params = short_params("thinkv");
  params["tau"] = "30";
  const Counts thinkv = decode({.name = "thinkv", .params = params, .budget_tokens = 0}, lag);
  CHECK(thinkv.allocations == 0);
  CHECK(thinkv.victims > 0);
}
