// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// DiffKV (SOSP 2025; the authors' code at 6cf5d20, csrc/cache_kernels.cu): each KV head weighs its
// tokens by the attention that a query gives them in the mean, against the 1 / position of a
// uniform row, and keeps, coarsens or drops them. There is no budget: what a head needs is what it
// gets. One decision a head and decode step: its worst token in high precision is pruned or moved
// to low precision, where it may take the place of the worst one there. A prompt is judged as a
// whole behind its prefill. The newest tokens are safe.
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "engine/kv/policies/rule_policy.h"

namespace pagequest::kv {
namespace {

constexpr Precision kHigh{.key_bits = 8, .value_bits = 4};
constexpr Precision kLow{.key_bits = 4, .value_bits = 2};

/// Shares of a uniform row below which a token is pruned, or stored with low precision.
struct Bars {
  double prune;
  double quant;
};

class DiffKv final : public RulePolicy {
 public:
  DiffKv(const Bars& bars, std::int32_t recent_tokens, const PolicyContext& context)
      : RulePolicy(
            {.sharing = Sharing::head, .group = GroupMass::max, .recent_tokens = recent_tokens},
            context),
        bars_(bars) {}

  [[nodiscard]] bool decides(const StepEnd& step) const override {
    return step.kind == StepKind::decode;
  }

  [[nodiscard]] Verdict judge(std::int32_t scope,
                              std::span<const UnitView> candidates) const override {
    Verdict verdict;
    Worst high;
    Worst low;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const UnitView& page = candidates[i];
      const bool safe = page.span.end() > next_position() - common().recent_tokens;
      const Precision now = stored(scope, page.id);
      if (behind_prefill_ && page.id >= prefilled_from_ && !safe) {
        judge_prompt(i, keep_score(scope, page.id), verdict);
      } else if (now == Precision{}) {
        verdict.stored.push_back({i, kHigh});
      } else if (!safe) {
        (now == kLow ? low : high).note(i, keep_score(scope, page.id));
      }
    }
    if (!behind_prefill_) judge_worst(high, low, verdict);
    return verdict;
  }

 private:
  struct Worst {
    void note(std::size_t candidate, float mass) {
      if (index && mass >= mean) return;
      index = candidate;
      mean = mass;
    }
    [[nodiscard]] bool below(double bar) const { return index && mean < bar; }

    std::optional<std::size_t> index;
    float mean = 0.0F;
  };
  struct Sum {
    double mass = 0.0;  // of one token, over the queries that have seen it
    std::int32_t queries = 0;
  };

  [[nodiscard]] double uniform() const { return 1.0 / next_position(); }

  void judge_prompt(std::size_t candidate, float mean, Verdict& verdict) const {
    if (mean < bars_.prune * uniform()) {
      verdict.dropped.push_back(candidate);
    } else {
      verdict.stored.push_back({candidate, mean < bars_.quant * uniform() ? kLow : kHigh});
    }
  }

  void judge_worst(const Worst& high, const Worst& low, Verdict& verdict) const {
    const double prune = bars_.prune * uniform();
    if (high.below(prune) && !(low.index && low.mean <= high.mean)) {
      verdict.dropped.push_back(*high.index);
    } else if (high.below(bars_.quant * uniform())) {
      if (low.below(prune)) verdict.dropped.push_back(*low.index);
      verdict.stored.push_back({*high.index, kLow});
    }
  }

  void observe_rest(const Event& event) override {
    const auto* filled = std::get_if<TokensFilled>(&event);
    if (filled == nullptr) return;
    const bool prefills = filled->kind == StepKind::prefill;
    if (prefills && !prefilling_) prefilled_from_ = filled->first / context().page_size;
    behind_prefill_ = prefilling_ && !prefills;
    prefilling_ = prefills;
  }

  void attend(const Attended& attended) override {
    const std::int32_t size = context().page_size;
    std::vector<Sum>& sums = part(sums_, attended.scope);
    for (std::size_t i = 0; i < attended.pages.size(); ++i) {
      if (attended.mass[i] < 0.0F) continue;
      const std::int32_t page = attended.pages[i];
      const double tokens = std::min(size, next_position() - page * size);
      Sum& sum = sums[static_cast<std::size_t>(page)];
      sum.mass += static_cast<double>(attended.mass[i]) / tokens * attended.query_rows;
      sum.queries += attended.query_rows;
    }
  }

  /// The mean mass of one token; a page that no query has seen yet has the most.
  [[nodiscard]] float keep_score(std::int32_t scope, std::int32_t page) const override {
    const Sum sum = value_at(sums_, scope, page);
    return sum.queries == 0 ? 1.0F : static_cast<float>(sum.mass / sum.queries);
  }

  Bars bars_;
  bool prefilling_ = false;
  bool behind_prefill_ = false;      // the step under way is the first decode step behind a prefill
  std::int32_t prefilled_from_ = 0;  // first page of the last prefill
  std::vector<std::vector<Sum>> sums_;  // (scope, page)
};

struct Preset {
  std::string_view name;
  Bars bars;
};
/// The pairs that the authors' scripts use for each model.
constexpr std::array kPresets = {
    Preset{"llama3-70b", {0.0, 1.0}},
    Preset{"llama3-8b", {0.02, 1.0}},
    Preset{"qwen2.5-7b", {0.04, 0.04}},
    Preset{"qwq-32b", {0.0, 3.0}},
};

Bars bars_of(const Params& params) {
  Bars bars = entry_named("preset of DiffKV", params.text("preset"), kPresets).bars;
  const double prune = real_in(params, "diffkv", "prune", -1.0, 1e6);
  const double quant = real_in(params, "diffkv", "quant", -1.0, 1e6);
  if (prune >= 0.0) bars.prune = prune;
  if (quant >= 0.0) bars.quant = quant;
  if (bars.quant >= bars.prune) return bars;
  throw usage_error({.what = "what is pruned would not be quantised before",
                     .where = "diffkv",
                     .found = "prune " + to_text(bars.prune) + ", quant " + to_text(bars.quant),
                     .expected = "quant of at least prune",
                     .hint = "equal ones leave low precision out"});
}

}  // namespace

std::span<const ParamSpec> diffkv_params() {
  static const std::array kSpecs{
      ParamSpec{"preset", std::string("llama3-8b"),
                "llama3-8b, llama3-70b, qwen2.5-7b or qwq-32b: what prune and quant default to"},
      ParamSpec{"prune", -1.0,
                "a token goes below this share of a uniform row, 1 / position; -1: preset"},
      ParamSpec{"quant", -1.0, "and is stored with low precision below this one; -1: preset"},
      ParamSpec{"recent", std::int64_t{64}, "newest tokens that are safe"}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_diffkv(const Params& params, const PolicyContext& context) {
  return std::make_unique<DiffKv>(bars_of(params),
                                  integer_in(params, "diffkv", "recent", 0, 1 << 20), context);
}

}  // namespace pagequest::kv
