// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <memory>

#include "engine/kv/policies/registry.h"

namespace pagequest::kv {
namespace {

class Full final : public EvictionPolicy {
 public:
  [[nodiscard]] Unit unit() const override { return Unit::page; }
  [[nodiscard]] Trigger trigger() const override { return Trigger::never; }

 private:
  void do_observe(const Event& /*event*/) override {}
  void do_score(std::int32_t /*scope*/, std::span<const UnitView> /*candidates*/,
                std::span<float> keep) const override {
    std::fill(keep.begin(), keep.end(), std::numeric_limits<float>::infinity());
  }
};

}  // namespace

std::span<const ParamSpec> full_params() { return {}; }

std::unique_ptr<EvictionPolicy> make_full(const Params& /*params*/,
                                          const PolicyContext& /*context*/) {
  return std::make_unique<Full>();
}

}  // namespace pagequest::kv
