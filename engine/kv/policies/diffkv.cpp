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
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "engine/kv/loops/loops.h"
#include "engine/kv/policies/id_runs.h"
#include "engine/kv/policies/rule_policy.h"

namespace pagequest::kv {
namespace {

constexpr Precision kHigh{.key_bits = 8, .value_bits = 4};
constexpr float kUnseen = 1.0F;  // mean mass of a token of which no query has said anything
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

  void judge(std::int32_t scope, std::span<const UnitView> candidates,
             Verdict& verdict) const override {
    behind_prefill_ ? judge_prefilled(scope, candidates, verdict)
                    : judge_step(scope, candidates, verdict);
  }

 private:
  /// Of the tokens that are stored with one precision; +infinity: there are none.
  struct Worst {
    std::int32_t mark;
    float mean = std::numeric_limits<float>::infinity();
  };
  struct Known {
    std::span<const float> means;         // (page)
    std::span<const std::int32_t> marks;  // (page)
  };

  [[nodiscard]] double uniform() const { return 1.0 / next_position(); }

  [[nodiscard]] bool is_safe(const UnitView& page) const {
    return page.span.end() > next_position() - common().recent_tokens;
  }

  void judge_prefilled(std::int32_t scope, std::span<const UnitView> candidates,
                       Verdict& verdict) const {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const UnitView& page = candidates[i];
      if (page.id >= prefilled_from_ && !is_safe(page)) {
        judge_prompt(i, keep_score(scope, page.id), verdict);
      } else if (stored(scope, page.id) == Precision{}) {
        verdict.stored.push_back({i, kHigh});
      }
    }
  }

  void judge_step(std::int32_t scope, std::span<const UnitView> candidates,
                  Verdict& verdict) const {
    const auto safe = static_cast<std::size_t>(
        std::ranges::partition_point(candidates,
                                     [this](const UnitView& p) { return !is_safe(p); }) -
        candidates.begin());
    Worst high{mark_of(kHigh)};
    Worst low{mark_of(kLow)};
    const Known pages{known(means_, scope), marks(scope)};
    const bool all_stored = find_worst(pages, candidates.first(safe), high, low);
    for (std::size_t i = all_stored ? safe : 0; i < candidates.size(); ++i) {
      if (stored(scope, candidates[i].id) == Precision{}) verdict.stored.push_back({i, kHigh});
    }
    const auto index = [&](const Worst& of) { return index_of(pages, candidates, of); };
    const double prune = bars_.prune * uniform();
    if (high.mean < prune && high.mean < low.mean) {
      verdict.dropped.push_back(index(high));
    } else if (high.mean < bars_.quant * uniform()) {
      if (low.mean < prune) verdict.dropped.push_back(index(low));
      verdict.stored.push_back({index(high), kLow});
    }
  }

  /// Whether all are stored with one of the two precisions.
  static bool find_worst(const Known& known, std::span<const UnitView> candidates, Worst& high,
                         Worst& low) {
    const std::size_t stored = std::min(known.means.size(), known.marks.size());
    const std::array marks{high.mark, low.mark};
    std::array least{high.mean, low.mean};
    bool all = true;
    for_each_run(
        candidates, [](const UnitView& page) { return page.id; },
        [&](std::size_t at, std::size_t count) {
          const auto page = static_cast<std::size_t>(candidates[at].id);
          const std::size_t end = std::min(page + count, stored);
          if (end < page + count) all = false;
          if (end <= page) return;
          all &= loops().least_of_marks(known.means.data() + page, known.marks.data() + page,
                                        end - page, marks.data(), least.data());
        });
    high.mean = least[0];
    low.mean = least[1];
    return all;
  }

  /// The first of the worst ones; there is one.
  static std::size_t index_of(const Known& known, std::span<const UnitView> candidates,
                              const Worst& worst) {
    const auto is_worst = [&](const UnitView& candidate) {
      const auto page = static_cast<std::size_t>(candidate.id);
      return known.marks[page] == worst.mark && known.means[page] == worst.mean;
    };
    return static_cast<std::size_t>(std::ranges::find_if(candidates, is_worst) -
                                    candidates.begin());
  }

  void judge_prompt(std::size_t candidate, float mean, Verdict& verdict) const {
    if (mean < bars_.prune * uniform()) {
      verdict.dropped.push_back(candidate);
    } else {
      verdict.stored.push_back({candidate, mean < bars_.quant * uniform() ? kLow : kHigh});
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
    const auto full = static_cast<std::size_t>(next_position() / size);  // pages
    for (const PageRun& run : attended.runs) {
      const std::size_t count = std::min(run.count, full - std::min(full, run.page));
      weigh(attended, {.at = run.at, .page = run.page, .count = count}, size);
      if (count == run.count) continue;
      weigh(attended, {.at = run.at + count, .page = full, .count = 1}, next_position() % size);
    }
  }

  /// Of pages that hold so many tokens each.
  void weigh(const Attended& attended, const PageRun& run, double tokens) {
    const float* masses = attended.mass.data() + run.at;
    double* sums = part(sums_, attended.scope).data() + run.page;
    loops().add_seen(masses, run.count, attended.query_rows / tokens, sums);
    loops().average_seen(masses, run.count, attended.query_rows, sums,
                         part(queries_, attended.scope).data() + run.page,
                         part(means_, attended.scope, kUnseen).data() + run.page);
  }

  /// The mean mass of one token; a page that no query has seen yet has the most.
  [[nodiscard]] float keep_score(std::int32_t scope, std::int32_t page) const override {
    const std::span<const float> of_page = known(means_, scope);
    const auto index = static_cast<std::size_t>(page);
    return index < of_page.size() ? of_page[index] : kUnseen;
  }

  Bars bars_;
  bool prefilling_ = false;
  bool behind_prefill_ = false;      // the step under way is the first decode step behind a prefill
  std::int32_t prefilled_from_ = 0;  // first page of the last prefill
  std::vector<std::vector<double>> sums_;           // (scope, page): of a token's mass
  std::vector<std::vector<std::int32_t>> queries_;  // (scope, page): that have seen it
  std::vector<std::vector<float>> means_;           // (scope, page): of these
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
