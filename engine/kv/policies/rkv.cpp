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
#include <deque>
#include <memory>
#include <variant>
#include <vector>

#include "engine/kv/policies/attention_policy.h"

namespace pagequest::kv {
namespace {

constexpr std::int32_t kQueries = 8;
constexpr std::int32_t kKernel = 7;
constexpr float kDuplicate = 0.5F;

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
  using Key = std::vector<float>;  // unit length; empty: not known

  void attend(const Attended& attended) override {
    auto& rows = part_of_queries(attended.scope);
    rows.emplace_back();
    rows.back().resize(static_cast<std::size_t>(pages()));
    for (std::size_t i = 0; i < attended.pages.size(); ++i) {
      rows.back()[static_cast<std::size_t>(attended.pages[i])] = attended.mass[i];
    }
    if (rows.size() > kQueries) rows.pop_front();
  }

  void observe_event(const Event& event) override {
    if (const auto* bounded = std::get_if<KeysBounded>(&event)) keep_keys(*bounded);
  }

  std::deque<std::vector<float>>& part_of_queries(std::int32_t scope) {
    const auto number = static_cast<std::size_t>(scope);
    if (rows_.size() <= number) rows_.resize(number + 1);
    return rows_[number];
  }

  void keep_keys(const KeysBounded& bounded) {
    const auto dim = static_cast<std::size_t>(bounded.head_dim);
    for (std::int32_t plane = 0; plane < bounded.layers * bounded.kv_heads; ++plane) {
      Key& key = part(keys_, plane)[static_cast<std::size_t>(bounded.page)];
      key.resize(dim);
      float squares = 0.0F;
      for (std::size_t i = 0; i < dim; ++i) {
        const std::size_t at = static_cast<std::size_t>(plane) * dim + i;
        key[i] = 0.5F * (bounded.lowest[at] + bounded.highest[at]);
        squares += key[i] * key[i];
      }
      const float scale = squares > 0.0F ? 1.0F / std::sqrt(squares) : 0.0F;
      for (float& component : key) component *= scale;
    }
  }

  void prepare(std::int32_t scope, std::span<const UnitView> candidates) const override {
    const std::int32_t recent = std::max(0, next_position() - kQueries) / context().page_size;
    std::vector<std::int32_t> order;
    for (const UnitView& candidate : candidates) {
      if (candidate.id < recent) order.push_back(candidate.id);
    }
    std::ranges::sort(order);
    scores_.assign(static_cast<std::size_t>(pages()), 0.0F);
    const std::vector<float> importance = importance_of(scope, order);
    const std::vector<float> redundancy = redundancy_of(scope, with_recent(scope, recent, order));
    for (std::size_t i = 0; i < order.size(); ++i) {
      scores_[static_cast<std::size_t>(order[i])] =
          static_cast<float>(config_.lambda * static_cast<double>(importance[i]) -
                             (1.0 - config_.lambda) * static_cast<double>(redundancy[i]));
    }
  }

  /// Ends with the pages from `recent` on whose keys are known.
  [[nodiscard]] std::vector<std::int32_t> with_recent(std::int32_t scope, std::int32_t recent,
                                                      std::vector<std::int32_t> order) const {
    for (std::int32_t page = recent; page < pages(); ++page) {
      if (!key_at(scope * planes_of_scope(), page).empty()) order.push_back(page);
    }
    return order;
  }

  [[nodiscard]] float keep_score(std::int32_t /*scope*/, std::int32_t page) const override {
    return scores_[static_cast<std::size_t>(page)];
  }

  /// (candidate): mean over the queries, rows normalised over the candidates, pooled.
  [[nodiscard]] std::vector<float> importance_of(std::int32_t scope,
                                                 const std::vector<std::int32_t>& order) const {
    std::vector<float> mean(order.size(), 0.0F);
    const auto number = static_cast<std::size_t>(scope);
    if (number >= rows_.size()) return mean;
    for (const auto& row : rows_[number]) {
      const auto mass = [&row](std::int32_t page) {
        const auto at = static_cast<std::size_t>(page);
        return at < row.size() ? std::max(0.0F, row[at]) : 0.0F;
      };
      float sum = 0.0F;
      for (const std::int32_t page : order) sum += mass(page);
      if (sum <= 0.0F) continue;
      const float scale = 1.0F / (sum * static_cast<float>(rows_[number].size()));
      for (std::size_t i = 0; i < order.size(); ++i) mean[i] += scale * mass(order[i]);
    }
    return pooled(mean);
  }

  [[nodiscard]] static std::vector<float> pooled(const std::vector<float>& values) {
    constexpr std::size_t kHalf = kKernel / 2;
    std::vector<float> most(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t first = i < kHalf ? 0 : i - kHalf;
      const std::size_t end = std::min(values.size(), i + kHalf + 1);
      most[i] = *std::max_element(values.begin() + static_cast<std::ptrdiff_t>(first),
                                  values.begin() + static_cast<std::ptrdiff_t>(end));
    }
    return most;
  }

  /// (page): softmax of the mean similarity with the others.
  [[nodiscard]] std::vector<float> redundancy_of(std::int32_t scope,
                                                 const std::vector<std::int32_t>& order) const {
    const std::size_t count = order.size();
    const std::vector<float> components = components_of(scope, order);
    std::vector<float> mean(count, 0.0F);
    std::vector<float> similar(count);
    for (std::size_t i = 0; i < count; ++i) {
      similarities(components, i, similar);
      std::size_t latest = config_.direction_bug ? 0 : count;
      for (std::size_t j = 0; j < count; ++j) {
        if (j == i) continue;
        mean[j] += similar[j];
        if (similar[j] > kDuplicate) latest = j;
      }
      if (latest < count && latest != i) mean[latest] -= similar[latest];
    }
    return softmax(mean);
  }

  /// Layers and heads that share the scope's choice.
  [[nodiscard]] std::int32_t planes_of_scope() const {
    const KvShape& shape = context().shape;
    return shape.layers * shape.kv_heads / scope_count(common().sharing, shape);
  }

  /// (component, page), so that one row of similarities reads memory in order. Components of
  /// all heads of the scope, each scaled so that products sum to the mean over the heads.
  [[nodiscard]] std::vector<float> components_of(std::int32_t scope,
                                                 const std::vector<std::int32_t>& order) const {
    const std::int32_t each = planes_of_scope();
    const float scale = 1.0F / std::sqrt(static_cast<float>(each));
    const std::size_t count = order.size();
    std::vector<float> components;
    for (std::int32_t plane = scope * each; plane < (scope + 1) * each; ++plane) {
      const std::size_t first = components.size();
      for (std::size_t i = 0; i < count; ++i) {
        const Key& key = key_at(plane, order[i]);
        components.resize(std::max(components.size(), first + key.size() * count));
        for (std::size_t c = 0; c < key.size(); ++c) {
          components[first + c * count + i] = scale * key[c];
        }
      }
    }
    return components;
  }

  /// (page): cosine with page i.
  static void similarities(const std::vector<float>& components, std::size_t i,
                           std::vector<float>& similar) {
    const std::size_t count = similar.size();
    std::ranges::fill(similar, 0.0F);
    for (std::size_t first = 0; first < components.size(); first += count) {
      const float one = components[first + i];
      for (std::size_t j = 0; j < count; ++j) similar[j] += one * components[first + j];
    }
  }

  [[nodiscard]] static std::vector<float> softmax(const std::vector<float>& sums) {
    std::vector<float> shares(sums.size());
    const auto count = static_cast<float>(sums.size());
    float most = 0.0F;
    for (const float sum : sums) most = std::max(most, sum / count);
    float total = 0.0F;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      shares[i] = std::exp(sums[i] / count - most);
      total += shares[i];
    }
    for (float& share : shares) share /= total;
    return shares;
  }

  [[nodiscard]] const Key& key_at(std::int32_t plane, std::int32_t page) const {
    static const Key kNone;
    const auto number = static_cast<std::size_t>(plane);
    const auto index = static_cast<std::size_t>(page);
    if (number >= keys_.size() || index >= keys_[number].size()) return kNone;
    return keys_[number][index];
  }

  RkvConfig config_;
  std::vector<std::deque<std::vector<float>>> rows_;  // (scope, query, page)
  std::vector<std::vector<Key>> keys_;                // (plane, page)
  mutable std::vector<float> scores_;                 // (page), of the decision under way
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
