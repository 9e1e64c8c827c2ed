// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Rules that hold for every registered budget policy whose decisions take effect some steps later.
#include <algorithm>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/conformance/policy_run.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;

namespace {

constexpr std::int32_t kPageSize = 8;

/// Calls `check` with the step ends of each episode and scope, in order, of every budget policy
/// that decides at each.
template <class Check>
void for_all_episodes(std::int32_t lag, Check check) {
  for (const kv::PolicySpec& spec : all_policy_specs(kPageSize)) {
    if (kv::find_policy(spec.name).trigger != kv::Trigger::budget) continue;
    const SyntheticOptions options{.episodes = 2,
                                   .turns = 8,
                                   .page_size = kPageSize,
                                   .seed = 3,
                                   .captures = {.key_bounds = true}};
    std::map<std::pair<EpisodeId, std::int32_t>, std::vector<Decision>> episodes;
    bool each_step = true;  // a cadence of its own bounds nothing step by step
    for (Decision& decision : run_policy(spec, options, true, lag)) {
      if (decision.point != DecisionPoint::step_end) continue;
      each_step = each_step && decision.decides;
      episodes[{decision.episode, decision.scope}].push_back(std::move(decision));
    }
    if (!each_step) continue;
    for (const auto& [id, steps] : episodes) {
      INFO(spec.name << ", lag " << lag << ", episode " << id.first.value << ", scope "
                     << id.second);
      check(spec, steps);
    }
  }
}

std::int32_t live_in(const std::vector<char>& live, TokenSpan span) {
  return std::accumulate(live.begin() + span.first,
                         live.begin() + std::min<std::ptrdiff_t>(span.end(), std::ssize(live)), 0);
}

std::int32_t left_after(const Decision& decision) {
  std::int32_t left = std::accumulate(decision.live.begin(), decision.live.end(), 0);
  for (const TokenSpan& span : decision.victims) left -= live_in(decision.live, span);
  return left;
}

/// Tokens of the `lag` steps that end with this one.
std::int32_t filled_in(const std::vector<Decision>& steps, std::size_t end, std::int32_t lag) {
  std::int32_t tokens = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(lag) && i <= end; ++i) {
    tokens += steps[end - i].filled;
  }
  return tokens;
}

/// Whether the policy kept all that it may drop at the step whose choice goes at `step`.
bool chose_all(const std::vector<Decision>& steps, std::size_t step, std::int32_t lag) {
  if (step < static_cast<std::size_t>(lag)) return false;
  const Decision& chosen = steps[step - static_cast<std::size_t>(lag)];
  for (std::size_t i = 0; i < chosen.candidates.size(); ++i) {
    if (chosen.keep[i] == std::numeric_limits<float>::infinity()) continue;
    const TokenSpan span = chosen.candidates[i].span;
    if (live_in(steps[step].live, span) == 0) continue;
    if (std::ranges::find(steps[step].victims, span) == steps[step].victims.end()) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("with a lag, a budget is exceeded by the tokens of the lag's steps at most") {
  const std::int32_t lag = GENERATE(1, 2, 4);
  for_all_episodes(lag, [lag](const kv::PolicySpec&, const std::vector<Decision>& steps) {
    std::int32_t dropped = 0;
    for (std::size_t step = 0; step < steps.size(); ++step) {
      dropped += static_cast<std::int32_t>(steps[step].victims.size());
      const std::int32_t allowed = steps[step].budget + filled_in(steps, step, lag);
      if (left_after(steps[step]) > allowed && !chose_all(steps, step, lag)) {
        FAIL_CHECK("step " << step << ": " << left_after(steps[step]) << " tokens, allowed are "
                           << allowed);
      }
    }
    CHECK(dropped > 0);
  });
}

TEST_CASE("with a lag, no victim is dead already, chosen twice, or the newest token") {
  const std::int32_t lag = GENERATE(1, 2, 4);
  for_all_episodes(lag, [](const kv::PolicySpec&, const std::vector<Decision>& steps) {
    bool sound = true;
    for (const Decision& decision : steps) {
      std::vector<char> left = decision.live;
      for (const TokenSpan& span : decision.victims) {
        sound = sound && span.end() < std::ssize(left) && live_in(left, span) > 0;
        std::fill(left.begin() + span.first, left.begin() + span.end(), char{0});
      }
    }
    CHECK(sound);
  });
}

TEST_CASE("with a lag, what goes at a step's end was known before the step's events") {
  const std::int32_t lag = GENERATE(1, 3);
  for_all_episodes(lag, [](const kv::PolicySpec&, const std::vector<Decision>& steps) {
    CHECK(std::ranges::all_of(steps, [](const Decision& d) { return d.victims == d.due; }));
  });
}

TEST_CASE("with a lag, nothing goes that the budget could keep") {
  // At the step that chose, without the last of its victims, more than the budget would be left.
  const std::int32_t lag = GENERATE(1, 2, 4);
  for_all_episodes(lag, [lag](const kv::PolicySpec&, const std::vector<Decision>& steps) {
    for (std::size_t step = static_cast<std::size_t>(lag); step < steps.size(); ++step) {
      const Decision& now = steps[step];
      if (now.victims.empty()) continue;
      const std::int32_t kept = left_after(now) + live_in(now.live, now.victims.back());
      const std::int32_t since = filled_in(steps, step, lag);
      CAPTURE(step);
      if (kept - since <= now.budget) FAIL_CHECK("the last victim was one too many");
    }
    CHECK(steps.size() > 20);
  });
}
