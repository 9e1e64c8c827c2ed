// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// R-KV (arXiv 2505.24133, sections 3.2 and 3.3; the authors' code at d15c976): every `period`
// tokens keep what is important and not redundant, Z = lambda I - (1 - lambda) R.
//   I  the attention of the last 8 queries, mean, without the last 8 tokens, pooled by the maximum
//      of 7. The reference takes the maximum over a group's query heads before the softmax; here it
//      is taken of the probabilities.
//   R  softmax over the tokens of the mean cosine of their key with the others', the last 8 tokens'
//      included, where of a token's near-duplicates (cosine > 0.5) the latest does not count, so
//      that the newest copy stays
// `direction_bug` keeps what the reference does for a token without a near-duplicate: its search
// ends at token 0, which is spared one redundancy each time, an accidental protection of the sink.
// Tokens stay in the order of their positions; the reference leaves them in the order of a cut's
// scores, over which its next cut pools and looks for the latest duplicate. It cuts a prompt too,
// and otherwise one token later.
// A page's key is the middle of its keys' bounds: the key itself with pages of one token.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "engine/kv/policies/attention_policy.h"
#include "engine/kv/policies/id_runs.h"
#include "engine/kv/policies/key_redundancy.h"
#include "engine/kv/policies/recent_rows.h"
#include "engine/kv/reused_memory.h"

namespace pagequest::kv {
namespace {

constexpr std::int32_t kQueries = 8;
constexpr std::int32_t kKernel = 7;

struct RkvConfig {
  double lambda;
  std::int32_t period;  // tokens
  bool direction_bug;
};

class Rkv final : public AttentionPolicy {
 public:
  Rkv(const RkvConfig& config, const Common& common, const PolicyContext& context)
      : AttentionPolicy(common, context), config_(config) {}

  [[nodiscard]] bool needs_keys() const override { return true; }
  [[nodiscard]] bool decides(const StepEnd& step) const override {
    return step.length % config_.period == 0;
  }

 private:
  void attend(const Attended& attended) override {
    spread(attended,
           of_scope(rows_, attended.scope).add(kQueries, static_cast<std::size_t>(pages())));
  }

  void observe_event(const Event& event) override {
    if (const auto* bounded = std::get_if<KeysBounded>(&event)) keep_keys(*bounded);
  }

  template <class T>
  static T& of_scope(std::vector<T>& state, std::int32_t scope) {
    const auto number = static_cast<std::size_t>(scope);
    if (state.size() <= number) state.resize(number + 1);
    return state[number];
  }

  /// Heads whose keys are compared together.
  [[nodiscard]] std::int32_t planes_of_scope() const {
    const KvShape& shape = context().shape;
    return shape.layers * shape.kv_heads / scope_count(common().sharing, shape);
  }

  /// Scaled so that products of all heads of a scope sum to the mean of their cosines.
  void keep_keys(const KeysBounded& bounded) {
    const auto dim = static_cast<std::size_t>(bounded.head_dim);
    const std::int32_t each = planes_of_scope();
    const KeyRedundancy::Shape shape{.pages = static_cast<std::size_t>(pages()),
                                     .components = dim * static_cast<std::size_t>(each)};
    for (std::int32_t plane = 0; plane < bounded.layers * bounded.kv_heads; ++plane) {
      const std::size_t from = static_cast<std::size_t>(plane) * dim;
      set_middle(bounded.lowest.subspan(from, dim), bounded.highest.subspan(from, dim));
      const float scale = 1.0F / std::sqrt(static_cast<float>(each));
      for (float& component : key_) component = scale * component;
      of_scope(keys_, plane / each)
          .set_key(shape, static_cast<std::size_t>(bounded.page),
                   static_cast<std::size_t>(plane % each) * dim, key_);
    }
  }

  /// key_ = the middle of the bounds, of unit length.
  void set_middle(std::span<const float> lowest, std::span<const float> highest) {
    key_.resize(lowest.size());
    float squares = 0.0F;
    for (std::size_t i = 0; i < key_.size(); ++i) {
      key_[i] = 0.5F * (lowest[i] + highest[i]);
      squares += key_[i] * key_[i];
    }
    const float scale = squares > 0.0F ? 1.0F / std::sqrt(squares) : 0.0F;
    for (float& component : key_) component *= scale;
  }

  void prepare(std::int32_t scope, std::span<const UnitView> candidates) const override {
    Decision& now = decision_;
    now.pages.clear();
    const std::int32_t recent = std::max(0, next_position() - kQueries) / context().page_size;
    for (const UnitView& candidate : candidates) {
      if (candidate.id < recent) now.pages.push_back(candidate.id);
    }
    if (!std::ranges::is_sorted(now.pages)) std::ranges::sort(now.pages);
    compare_with_recent(scope, recent);
    assign_in_place(now.scores, static_cast<std::size_t>(pages()), 0.0F);
    weigh_importance(scope);
    weigh_redundancy(scope);
    for (std::size_t i = 0; i < now.pages.size(); ++i) {
      now.scores[static_cast<std::size_t>(now.pages[i])] =
          static_cast<float>(config_.lambda * static_cast<double>(now.importance[i]) -
                             (1.0 - config_.lambda) * static_cast<double>(now.redundancy[i]));
    }
  }

  [[nodiscard]] float keep_score(std::int32_t /*scope*/, std::int32_t page) const override {
    return decision_.scores[static_cast<std::size_t>(page)];
  }

  /// (page to choose from): mean over the queries, rows normalised over these pages, pooled.
  void weigh_importance(std::int32_t scope) const {
    Decision& now = decision_;
    assign_in_place(now.mean, now.pages.size(), 0.0F);
    now.masses.resize(now.pages.size());
    const RecentRows& rows = of_scope(rows_, scope);
    for (const auto& row : rows) {
      const float sum = take_masses(row, now.pages, now.masses);
      if (sum <= 0.0F) continue;
      const float scale = 1.0F / (sum * static_cast<float>(rows.size()));
      for (std::size_t i = 0; i < now.mean.size(); ++i) now.mean[i] += scale * now.masses[i];
    }
    pool(now.mean, now.importance);
  }

  /// Those of the pages, which `row` may end before. Returns their sum.
  static float take_masses(std::span<const float> row, std::span<const std::int32_t> pages,
                           std::span<float> masses) {
    std::ranges::fill(masses, 0.0F);
    for_each_run(pages, std::identity{}, [&](std::size_t at, std::size_t count) {
      const auto page = static_cast<std::size_t>(pages[at]);
      const std::size_t known = std::min(count, row.size() - std::min(row.size(), page));
      for (std::size_t i = 0; i < known; ++i) masses[at + i] = std::max(0.0F, row[page + i]);
    });
    return sum_of(masses);
  }

  /// In several sums side by side: one alone would wait for itself.
  static float sum_of(std::span<const float> values) {
    constexpr std::size_t kSums = 8;
    std::array<float, kSums> sums{};
    std::size_t first = 0;
    for (; first + kSums <= values.size(); first += kSums) {
      for (std::size_t i = 0; i < kSums; ++i) sums[i] += values[first + i];
    }
    float sum = 0.0F;
    for (; first < values.size(); ++first) sum += values[first];
    for (const float part : sums) sum += part;
    return sum;
  }

  /// pooled[i]: the largest of the kKernel values around i.
  static void pool(const std::vector<float>& values, std::vector<float>& pooled) {
    pooled.resize(values.size());
    std::ranges::copy(values, pooled.begin());
    for (std::size_t away = 1; away <= kKernel / 2 && away < values.size(); ++away) {
      for (std::size_t i = away; i < values.size(); ++i) {
        pooled[i] = std::max(pooled[i], values[i - away]);
        pooled[i - away] = std::max(pooled[i - away], values[i]);
      }
    }
  }

  /// Redundancy counts the pages from `recent` on whose keys are known as well.
  void compare_with_recent(std::int32_t scope, std::int32_t recent) const {
    Decision& now = decision_;
    now.compared = now.pages;
    for (std::int32_t page = recent; page < pages(); ++page) {
      if (of_scope(keys_, scope).knows(static_cast<std::size_t>(page))) {
        now.compared.push_back(page);
      }
    }
  }

  /// (compared page): softmax of the mean similarity with the others.
  void weigh_redundancy(std::int32_t scope) const {
    Decision& now = decision_;
    const std::span<const float> sums =
        of_scope(keys_, scope).sums(now.compared, config_.direction_bug);
    const auto count = static_cast<float>(now.compared.size());
    float most = 0.0F;
    now.redundancy.clear();
    for (const std::int32_t page : now.compared) {
      now.redundancy.push_back(sums[static_cast<std::size_t>(page)] / count);
      most = std::max(most, now.redundancy.back());
    }
    float total = 0.0F;
    for (float& share : now.redundancy) {
      share = std::exp(share - most);
      total += share;
    }
    for (float& share : now.redundancy) share /= total;
  }

  /// Working memory of a decision.
  struct Decision {
    std::vector<std::int32_t> pages;     // to choose from, ascending
    std::vector<std::int32_t> compared;  // these and newer ones, ascending
    std::vector<float> masses;           // (page to choose from): of one query
    std::vector<float> mean;             // (page to choose from)
    std::vector<float> importance;       // the same
    std::vector<float> redundancy;       // (compared page)
    std::vector<float> scores;           // (page)
  };

  RkvConfig config_;
  mutable std::vector<RecentRows> rows_;     // (scope): of the queries, (page)
  mutable std::vector<KeyRedundancy> keys_;  // (scope): remembers what the last decision compared
  mutable Decision decision_;
  std::vector<float> key_;  // (component), working memory
};

}  // namespace

std::span<const ParamSpec> rkv_params() {
  static const std::array kSpecs{
      ParamSpec{"lambda", 0.1, "weight of importance; the paper has 0.1, the code 0.07"},
      ParamSpec{"period", std::int64_t{128}, "tokens of the sequence between two decisions"},
      ParamSpec{"direction_bug", true,
                "spare token 0 for tokens without a near-duplicate, as the code does"},
      ParamSpec{kPromptParam, false, kPromptHelp},
      ParamSpec{kSharingParam, std::string("head"), kSharingHelp}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_rkv(const Params& params, const PolicyContext& context) {
  return std::make_unique<Rkv>(
      RkvConfig{real_in(params, "rkv", "lambda", 0.0, 1.0),
                integer_in(params, "rkv", "period", 1, 1 << 16), params.flag("direction_bug")},
      AttentionPolicy::Common{.sharing = sharing_named(params.text(kSharingParam)),
                              .group = GroupMass::max,
                              .recent_tokens = kQueries,
                              .protect_prompt = params.flag(kPromptParam)},
      context);
}

}  // namespace pagequest::kv
