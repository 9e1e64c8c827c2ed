// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// PyramidKV (Cai et al., arXiv 2406.02069, section 4; KVCache-Factory c97f9d7): SnapKV with more of
// the budget for the lower layers. With c = budget - window - 1, m = c / beta and M = 2 c - m,
// layer l of L keeps M - l (M - m) / (L - 1) tokens beside the window and the decoded token at
// which it decides, all divisions rounded down; a prompt with less than M beside its window bounds
// M. Prompts below 2 c keep c in every layer.
#include <array>
#include <memory>

#include "engine/kv/policies/snap_scores.h"

namespace pagequest::kv {
namespace {

class PyramidKv final : public SnapPolicy {
 public:
  PyramidKv(const SnapConfig& config, std::int32_t beta, const PolicyContext& context)
      : SnapPolicy(config, context), beta_(beta) {}

  [[nodiscard]] std::int32_t budget_tokens(std::int32_t scope, std::int32_t budget) const override {
    const std::int32_t kept = common().recent_tokens;  // the window, and what was decoded behind it
    const std::int32_t past = budget - kept;
    const std::int32_t layers = context().shape.layers;
    const std::int32_t prompt = next_position() - (kept - config().window);
    if (past <= 0 || layers < 2 || prompt < 2 * past) return budget;
    std::int32_t least = past / beta_;
    std::int32_t most = 2 * past - least;
    const std::int32_t held = prompt - config().window;
    if (most >= held) {
      most = held;
      least = 2 * past - most;
    }
    const std::int32_t layer = scope / context().shape.kv_heads;
    return most - layer * ((most - least) / (layers - 1)) + kept;
  }

 private:
  std::int32_t beta_;
};

}  // namespace

std::span<const ParamSpec> pyramidkv_params() {
  static const auto kSpecs = [] {
    const auto snap = snap_params();
    std::vector<ParamSpec> specs(snap.begin(), snap.end());
    specs.push_back({"beta", std::int64_t{20}, "the uniform budget by that of the top layer"});
    return specs;
  }();
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_pyramidkv(const Params& params, const PolicyContext& context) {
  return std::make_unique<PyramidKv>(snap_config(params, "pyramidkv"),
                                     integer_in(params, "pyramidkv", "beta", 1, 1 << 16), context);
}

}  // namespace pagequest::kv
