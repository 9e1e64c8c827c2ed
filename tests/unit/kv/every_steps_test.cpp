// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The cadence that every budget policy can be given.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/kv/eviction_controller.h"
#include "tests/unit/kv/policy_scores.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::EvictionController;

namespace {

/// Decode steps, from 1, behind a prompt of 8 tokens, at which something is chosen. Nothing is
/// evicted, so the sequence is over its budget of 6 from the start.
std::vector<std::int32_t> deciding_steps(const kv::PolicySpec& spec) {
  EvictionController controller(spec, 1);
  fill(controller, 0, 0, 8, StepKind::prefill);
  std::vector<std::int32_t> steps;
  if (!controller.victims(DecisionPoint::step_end).empty()) steps.push_back(0);
  for (std::int32_t t = 1; t <= 7; ++t) {
    fill(controller, t, 7 + t, 1);
    if (!controller.victims(DecisionPoint::step_end).empty()) steps.push_back(t);
  }
  return steps;
}

kv::PolicySpec spec_of(const std::string& policy, std::map<std::string, std::string> params,
                       const char* every) {
  params.emplace("every_steps", every);
  return {.name = policy, .params = std::move(params), .budget_tokens = 6};
}

using Steps = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("a budget policy decides at the end of every step, prefill too, unless told otherwise") {
  CHECK(deciding_steps(spec_of("lru", {}, "0")) == Steps{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("every_steps lets a policy decide at each n-th decode step only") {
  CHECK(deciding_steps(spec_of("lru", {}, "3")) == Steps{3, 6});
  CHECK(deciding_steps(spec_of("random", {}, "1")) == Steps{1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("every_steps takes the place of the policy's own cadence") {
  CHECK(deciding_steps(spec_of("lazy", {{"window", "3"}}, "0")) == Steps{3, 6});
  CHECK(deciding_steps(spec_of("lazy", {{"window", "3"}}, "5")) == Steps{5});
  CHECK(deciding_steps(spec_of("snapkv", {{"window", "2"}}, "0")) == Steps{1});
  CHECK(deciding_steps(spec_of("snapkv", {{"window", "2"}}, "2")) == Steps{2, 4, 6});
}

TEST_CASE("a decision after several steps makes up for all of them") {
  // Budget 6, 8 prompt tokens: at step 3 there are 11, so 5 go at once.
  EvictionController controller(spec_of("lru", {}, "3"), 1);
  fill(controller, 0, 0, 8, StepKind::prefill);
  for (std::int32_t t = 1; t <= 3; ++t) fill(controller, t, 7 + t, 1);
  CHECK(spans_of(controller.victims(DecisionPoint::step_end)) ==
        Spans{{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 1}});
}

TEST_CASE("every_steps is refused below 0 and by policies without a budget") {
  CHECK_THROWS_AS(EvictionController(spec_of("lru", {}, "-1"), 1), Error);
  CHECK_THROWS_AS(EvictionController({.name = "keep-k", .params = {{"every_steps", "2"}}}, 1),
                  Error);
}
