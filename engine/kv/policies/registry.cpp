// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/registry.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "base/sorted_by_name.h"
#include "engine/kv/policies/param_ranges.h"

namespace pagequest::kv {

#define PQ_DECLARE_POLICY(name)               \
  std::span<const ParamSpec> name##_params(); \
  std::unique_ptr<EvictionPolicy> make_##name(const Params&, const PolicyContext&)

PQ_DECLARE_POLICY(ablate);
PQ_DECLARE_POLICY(clear_at);
PQ_DECLARE_POLICY(diffkv);
PQ_DECLARE_POLICY(flexicache);
PQ_DECLARE_POLICY(full);
PQ_DECLARE_POLICY(h2o);
PQ_DECLARE_POLICY(intentkv_rule);
PQ_DECLARE_POLICY(keep_k);
PQ_DECLARE_POLICY(lazy);
PQ_DECLARE_POLICY(lru);
PQ_DECLARE_POLICY(pyramidkv);
PQ_DECLARE_POLICY(quest);
PQ_DECLARE_POLICY(raas);
PQ_DECLARE_POLICY(random);
PQ_DECLARE_POLICY(random_document);
PQ_DECLARE_POLICY(rkv);
PQ_DECLARE_POLICY(sidequest);
PQ_DECLARE_POLICY(sidequest_noisy);
PQ_DECLARE_POLICY(snapkv);
PQ_DECLARE_POLICY(streaming);
PQ_DECLARE_POLICY(thinkv);
PQ_DECLARE_POLICY(tova);

#undef PQ_DECLARE_POLICY

namespace {

constexpr std::string_view kEverySteps = "every_steps";
constexpr std::string_view kPositions = "positions";
constexpr std::string_view kAllocation = "allocation";

constexpr std::array kPolicies{
    PolicyEntry{"ablate", "Drops tokens of one class at random: to measure what the class is worth",
                Unit::page, Trigger::budget, false, ablate_params, make_ablate},
    PolicyEntry{"clear-at", "Clears old tool responses once the context has reached a threshold",
                Unit::message, Trigger::command, false, clear_at_params, make_clear_at},
    PolicyEntry{"diffkv",
                "Prunes or coarsens what gets too small a share of a uniform row, in each head",
                Unit::page, Trigger::rule, false, diffkv_params, make_diffkv},
    PolicyEntry{
        "flexicache",
        "Keeps everything; heads read what they ranked highest, most of them some steps ago",
        Unit::page, Trigger::never, false, flexicache_params, make_flexicache},
    PolicyEntry{"full", "Keeps everything: the uncompressed baseline", Unit::page, Trigger::never,
                false, full_params, make_full},
    PolicyEntry{"h2o", "Keeps a recent window and the pages with the most attention so far",
                Unit::page, Trigger::budget, false, h2o_params, make_h2o},
    PolicyEntry{"intentkv-rule",
                "Keeps what this turn's and, decaying, earlier turns' inputs attend to", Unit::page,
                Trigger::budget, false, intentkv_rule_params, make_intentkv_rule},
    PolicyEntry{"keep-k", "Keeps the last k tool responses", Unit::message, Trigger::command, false,
                keep_k_params, make_keep_k},
    PolicyEntry{"lazy", "LazyEviction: drops what is silent for longer than it ever was before",
                Unit::page, Trigger::budget, false, lazy_params, make_lazy},
    PolicyEntry{"lru", "Drops what was attended to the longest ago", Unit::page, Trigger::budget,
                false, lru_params, make_lru},
    PolicyEntry{"pyramidkv", "SnapKV with more of the budget for the lower layers", Unit::page,
                Trigger::budget, false, pyramidkv_params, make_pyramidkv},
    PolicyEntry{
        "quest",
        "Keeps everything; each head reads the pages whose keys may give the most attention",
        Unit::page, Trigger::never, false, quest_params, make_quest},
    PolicyEntry{"raas", "Keeps the prompt and the pages whose last meaningful attention is recent",
                Unit::page, Trigger::budget, false, raas_params, make_raas},
    PolicyEntry{"random", "Drops pages at random: the control of all that look", Unit::page,
                Trigger::budget, false, random_params, make_random},
    PolicyEntry{"random-document", "Drops whole tool responses at random: SideQuest's control",
                Unit::message, Trigger::budget, false, random_document_params,
                make_random_document},
    PolicyEntry{"rkv", "R-KV: keeps what is important to the last queries and not redundant",
                Unit::page, Trigger::budget, false, rkv_params, make_rkv},
    PolicyEntry{"sidequest", "Drops the tool responses that the model itself names as expired",
                Unit::message, Trigger::command, true, sidequest_params, make_sidequest},
    PolicyEntry{
        "sidequest-noisy", "SideQuest whose commands get lost, miss responses or name needed ones",
        Unit::message, Trigger::command, true, sidequest_noisy_params, make_sidequest_noisy},
    PolicyEntry{"snapkv", "Keeps what a prefill's last queries attend to", Unit::page,
                Trigger::budget, false, snapkv_params, make_snapkv},
    PolicyEntry{"streaming", "Keeps the first tokens (attention sinks) and a recent window",
                Unit::page, Trigger::budget, false, streaming_params, make_streaming},
    PolicyEntry{"thinkv", "Thins out and coarsens earlier thoughts when a transition appears",
                Unit::page, Trigger::rule, false, thinkv_params, make_thinkv},
    PolicyEntry{"tova", "Drops what the last query attends to least", Unit::page, Trigger::budget,
                false, tova_params, make_tova},
};

static_assert(sorted_by_name(kPolicies), "policies are listed by name, each once");

}  // namespace

std::span<const PolicyEntry> policies() { return kPolicies; }

bool is_policy(std::string_view name) {
  return std::ranges::binary_search(kPolicies, name, {}, &PolicyEntry::name);
}

const PolicyEntry& find_policy(std::string_view name) {
  const auto* entry = std::ranges::lower_bound(kPolicies, name, {}, &PolicyEntry::name);
  if (entry != kPolicies.end() && entry->name == name) return *entry;
  std::vector<std::string> valid;
  for (const auto& policy : kPolicies) valid.emplace_back(policy.name);
  throw_unknown_name("policy", name, valid);
}

std::vector<ParamSpec> params_of(const PolicyEntry& entry) {
  const std::span<const ParamSpec> own = entry.params();
  std::vector<ParamSpec> all(own.begin(), own.end());
  if (entry.trigger == Trigger::budget) {
    all.push_back({kEverySteps, std::int64_t{0},
                   "decode steps between two decisions, 0: as the policy has it"});
    all.push_back(
        {kAllocation, std::string(to_string(Allocation::uniform)),
         "budget of a layer's heads: uniform, or adaptive (the best scores of the layer)"});
  }
  if (entry.trigger != Trigger::never) {
    all.push_back({kPositions, std::string(to_string(Positions::original)),
                   "distances over dropped tokens: original (gaps stay) or compact (gaps close)"});
  }
  return all;
}

std::int32_t every_steps(const PolicyEntry& entry, const Params& params) {
  if (entry.trigger != Trigger::budget) return 0;
  return integer_in(params, entry.name, kEverySteps, 0, 1 << 20);
}

Allocation allocation_of(const PolicyEntry& entry, const Params& params) {
  if (entry.trigger != Trigger::budget) return Allocation::uniform;
  return allocation_named(params.text(kAllocation));
}

Positions positions_of(const PolicyEntry& entry, const Params& params) {
  if (entry.trigger == Trigger::never) return Positions::original;
  return positions_named(params.text(kPositions));
}

PolicyNeeds needs_of(const PolicySpec& spec) {
  const PolicyEntry& entry = find_policy(spec.name);
  const Params params(entry.name, params_of(entry), spec.params);
  const auto policy = entry.make(params, {.page_size = 1, .budget_tokens = spec.budget_tokens});
  return {.sharing = policy->sharing(),
          .attention = policy->needs_attention(),
          .keys = policy->needs_keys(),
          .budget = policy->takes_budget(),
          .requantises = policy->requantises(),
          .reads = policy->reads() != nullptr};
}

std::map<std::string, std::string> resolved_params(const PolicySpec& spec) {
  const PolicyEntry& entry = find_policy(spec.name);
  const Params params(entry.name, params_of(entry), spec.params);
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : params.all()) texts.emplace(name, to_text(value));
  return texts;
}

}  // namespace pagequest::kv
