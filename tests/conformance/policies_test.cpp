// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "engine/kv/select_victims.h"
#include "tests/conformance/policy_run.h"

// Rules that hold for every registered policy, on episodes in which it really decides.

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::PolicySpec;
using kv::Trigger;

namespace {

constexpr float kProtected = std::numeric_limits<float>::infinity();

/// Calls `check` with the decisions of every policy over several seeds, page sizes and budgets.
template <class Check>
void for_all_runs(Check check) {
  for (const std::int32_t page_size : {4, 8, 16}) {
    for (PolicySpec spec : all_policy_specs(page_size)) {
      for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const SyntheticOptions options{.episodes = 2,
                                       .turns = 8,
                                       .page_size = page_size,
                                       .seed = seed,
                                       .captures = {.key_bounds = true}};
        spec.budget_tokens += spec.budget_tokens == 0 ? 0 : 5 * static_cast<std::int32_t>(seed);
        std::string variant;
        for (const auto& [name, value] : spec.params) variant += " " + name + "=" + value;
        INFO(spec.name << variant << ", budget " << spec.budget_tokens << ", page size "
                       << page_size << ", seed " << seed);
        check(spec, options);
      }
    }
  }
}

std::int32_t live_in(const std::vector<char>& live, TokenSpan span) {
  std::int32_t count = 0;
  for (std::int32_t p = span.first; p < span.end() && p < std::ssize(live); ++p) {
    count += live[static_cast<std::size_t>(p)];
  }
  return count;
}

std::int32_t live_total(const Decision& decision) {
  return std::accumulate(decision.live.begin(), decision.live.end(), 0);
}

std::int32_t freed(const Decision& decision) {
  std::int32_t sum = 0;
  for (const TokenSpan& span : decision.victims) sum += live_in(decision.live, span);
  return sum;
}

bool is_victim(const Decision& decision, TokenSpan span) {
  return std::find(decision.victims.begin(), decision.victims.end(), span) !=
         decision.victims.end();
}

/// Whether there are tokens that the policy keeps whatever the budget is.
bool keeps_some(const PolicySpec& spec) {
  if (spec.name == "ablate") return true;
  const auto params = kv::resolved_params(spec);
  const auto found = params.find("protect_prompt");
  return found != params.end() && found->second == "true";
}

Trigger trigger_of(const PolicySpec& spec) { return kv::find_policy(spec.name).trigger; }

/// Whether `wrong` holds for no decision of the run.
template <class Wrong>
bool never(const std::vector<Decision>& decisions, Wrong wrong) {
  return std::none_of(decisions.begin(), decisions.end(), wrong);
}

}  // namespace

TEST_CASE("every policy drops something in these episodes, but those that keep everything") {
  for_all_runs([](const PolicySpec& spec, const SyntheticOptions& options) {
    const auto decisions = run_policy(spec, options);
    const bool drops = !never(decisions, [](const Decision& d) { return !d.victims.empty(); });
    CHECK(drops == (trigger_of(spec) != Trigger::never));
  });
}

TEST_CASE("the controller's live tokens are the live positions, counted one by one") {
  for_all_runs([](const PolicySpec& spec, const SyntheticOptions& options) {
    CHECK(never(run_policy(spec, options),
                [](const Decision& d) { return d.controller_live_tokens != live_total(d); }));
  });
}

TEST_CASE("no victim is dead already, twice in a decision, or beyond the sequence") {
  for_all_runs([](const PolicySpec& spec, const SyntheticOptions& options) {
    CHECK(never(run_policy(spec, options), [](const Decision& d) {
      std::vector<char> left = d.live;
      for (const TokenSpan& span : d.victims) {
        if (live_in(left, span) == 0 || span.first < 0 || span.end() > std::ssize(left))
          return true;
        std::fill(left.begin() + span.first, left.begin() + span.end(), char{0});
      }
      return false;
    }));
  });
}

TEST_CASE("the newest token is never dropped") {
  for_all_runs([](const PolicySpec& spec, const SyntheticOptions& options) {
    CHECK(never(run_policy(spec, options), [&](const Decision& d) {
      const auto newest = static_cast<std::int32_t>(d.live.size()) - 1;
      return d.point == DecisionPoint::step_end &&
             std::any_of(d.victims.begin(), d.victims.end(), [newest](const TokenSpan& span) {
               return span.first <= newest && newest < span.end();
             });
    }));
  });
}

TEST_CASE("protected candidates stay, and scores are numbers") {
  for_all_runs([](const PolicySpec& spec, const SyntheticOptions& options) {
    CHECK(never(run_policy(spec, options), [](const Decision& d) {
      for (std::size_t i = 0; i < d.keep.size(); ++i) {
        if (std::isnan(d.keep[i])) return true;
        if (d.keep[i] == kProtected && is_victim(d, d.candidates[i].span)) return true;
      }
      return false;
    }));
  });
}

TEST_CASE("a budget is kept after each decision, unless only protected candidates are left") {
  for_all_runs([](const PolicySpec& spec, const SyntheticOptions& options) {
    if (trigger_of(spec) != Trigger::budget) return;
    CHECK(never(run_policy(spec, options), [](const Decision& d) {
      if (d.point != DecisionPoint::step_end || !d.decides) return false;
      if (live_total(d) - freed(d) <= d.budget) return false;
      for (std::size_t i = 0; i < d.candidates.size(); ++i) {
        if (d.keep[i] != kProtected && !is_victim(d, d.candidates[i].span)) return true;
      }
      return false;
    }));
  });
}

TEST_CASE("a page policy without a protected prompt keeps its budget without exception") {
  for_all_runs([](const PolicySpec& spec, const SyntheticOptions& options) {
    const auto& entry = kv::find_policy(spec.name);
    if (entry.trigger != Trigger::budget || entry.unit != kv::Unit::page || keeps_some(spec)) {
      return;
    }
    CHECK(never(run_policy(spec, options), [](const Decision& d) {
      return d.point == DecisionPoint::step_end && d.decides && live_total(d) - freed(d) > d.budget;
    }));
  });
}

TEST_CASE("a budget policy drops nothing within its budget and not one unit too much beyond it") {
  for_all_runs([](const PolicySpec& spec, const SyntheticOptions& options) {
    if (trigger_of(spec) != Trigger::budget) return;
    CHECK(never(run_policy(spec, options), [](const Decision& d) {
      if (d.victims.empty()) return false;
      const std::int32_t without_last = freed(d) - live_in(d.live, d.victims.back());
      return live_total(d) - without_last <= d.budget;
    }));
  });
}

TEST_CASE("a command policy drops at turn boundaries only") {
  for_all_runs([](const PolicySpec& spec, const SyntheticOptions& options) {
    if (trigger_of(spec) != Trigger::command) return;
    CHECK(never(run_policy(spec, options), [](const Decision& d) {
      return d.point == DecisionPoint::step_end && !d.victims.empty();
    }));
  });
}

TEST_CASE("SideQuest drops what was named") {
  for_all_runs([](const PolicySpec& spec, const SyntheticOptions& options) {
    if (spec.name != "sidequest") return;
    CHECK(never(run_policy(spec, options), [](const Decision& d) {
      if (d.point == DecisionPoint::step_end) return false;
      for (const kv::UnitView& unit : d.candidates) {
        const bool named = std::binary_search(d.commanded.begin(), d.commanded.end(), unit.id);
        if (named != is_victim(d, unit.span)) return true;
      }
      return false;
    }));
  });
}

TEST_CASE("scores and selection don't depend on the order of the candidates") {
  const std::int32_t page_size = 8;
  for (const PolicySpec& spec : all_policy_specs(page_size)) {
    if (trigger_of(spec) != Trigger::budget) continue;
    INFO(spec.name);
    const auto& entry = kv::find_policy(spec.name);
    const auto policy = entry.make(Params(entry.name, entry.params(), spec.params),
                                   {page_size, spec.budget_tokens, {.layers = 2, .kv_heads = 2}});
    kv::UnitViews views(page_size, policy->needs_attention(), policy->sharing(),
                        {.layers = 2, .kv_heads = 2});
    Rng rng(9);
    class Feed final : public EventSink {
     public:
      Feed(kv::EvictionPolicy& p, kv::UnitViews& v) : policy_(p), views_(v) {}
      void on(const Event& event) override {
        const bool aux = std::visit(
            [](const auto& e) {
              if constexpr (requires { e.thread; }) return e.thread == Thread::auxiliary;
              return false;
            },
            event);
        if (aux) return;
        policy_.observe(event);
        views_.observe(event);
      }

     private:
      kv::EvictionPolicy& policy_;
      kv::UnitViews& views_;
    } feed(*policy, views);
    emit_synthetic_trace({.episodes = 1, .turns = 8, .page_size = page_size}, feed,
                         [](EpisodeId, bool) { return std::vector<kv::Victim>{}; });
    std::vector<kv::UnitView> units;
    if (entry.unit == kv::Unit::page) {
      units.assign(views.pages(0).begin(), views.pages(0).end());
    } else {
      views.messages(0, units);
    }
    REQUIRE(units.size() >= 5);
    const auto victims = [&] {
      std::vector<float> keep(units.size());
      policy->score(0, units, keep);
      std::vector<std::int32_t> ids;
      for (const std::size_t i : kv::select_victims(units, keep, 60, views.attended())) {
        ids.push_back(units[i].id);
      }
      return ids;
    };
    const auto expected = victims();
    CHECK_FALSE(expected.empty());
    for (int round = 0; round < 20; ++round) {
      rng.shuffle(units);
      CHECK(victims() == expected);
    }
  }
}

TEST_CASE("the same events give the same victims") {
  for_all_runs([](const PolicySpec& spec, const SyntheticOptions& options) {
    const auto a = run_policy(spec, options);
    const auto b = run_policy(spec, options);
    CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end(),
                     [](const auto& x, const auto& y) { return x.victims == y.victims; }));
  });
}

TEST_CASE("a policy that doesn't ask for attention decides the same without it") {
  for_all_runs([](const PolicySpec& spec, const SyntheticOptions& options) {
    if (kv::EvictionController(spec, options.page_size).needs_attention()) return;
    const auto with = run_policy(spec, options, true);
    const auto without = run_policy(spec, options, false);
    CHECK(std::equal(with.begin(), with.end(), without.begin(), without.end(),
                     [](const auto& x, const auto& y) { return x.victims == y.victims; }));
  });
}

TEST_CASE("what the registry says about a policy is what the policy does") {
  for (const kv::PolicyEntry& entry : kv::policies()) {
    INFO(entry.name);
    const auto policy = entry.make(Params(entry.name, entry.params(), {}), {16, 4096, {}});
    CHECK(policy->unit() == entry.unit);
    CHECK(policy->trigger() == entry.trigger);
    CHECK_FALSE(entry.description.empty());
    for (const ParamSpec& param : entry.params()) CHECK_FALSE(param.help.empty());
    const auto resolved = kv::resolved_params({.name = std::string(entry.name)});
    CHECK(resolved.size() == kv::params_of(entry).size());
  }
}
