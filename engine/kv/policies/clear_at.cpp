// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Clears tool responses when the context has grown to a threshold, all but the newest `keep`: what
// hosted APIs offer as context editing.
#include <array>
#include <memory>
#include <variant>

#include "base/event_sink.h"
#include "engine/kv/policies/param_ranges.h"
#include "engine/kv/policies/registry.h"
#include "engine/kv/policies/tool_results.h"

namespace pagequest::kv {
namespace {

class ClearAt final : public ToolResultPolicy {
 public:
  ClearAt(std::int32_t threshold, std::int32_t keep) : threshold_(threshold), keep_(keep) {}

 private:
  [[nodiscard]] std::vector<std::int32_t> chosen() const override {
    if (live_tokens_ < threshold_) return {};
    return all_but_newest(keep_);
  }

  void observe_other(const Event& event) override {
    std::visit(Overloaded{[this](const TokensFilled& filled) {
                            live_tokens_ += static_cast<std::int32_t>(filled.tokens.size());
                          },
                          [this](const TokensEvicted& evicted) { live_tokens_ -= evicted.tokens; },
                          [](const auto&) {}},
               event);
  }

  std::int32_t threshold_;
  std::int32_t keep_;
  std::int32_t live_tokens_ = 0;
};

}  // namespace

std::span<const ParamSpec> clear_at_params() {
  static const std::array kSpecs{
      ParamSpec{"threshold", std::int64_t{512}, "live tokens from which responses are cleared"},
      ParamSpec{"keep", std::int64_t{3}, "newest tool responses that stay"}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_clear_at(const Params& params,
                                              const PolicyContext& /*context*/) {
  return std::make_unique<ClearAt>(integer_in(params, "clear-at", "threshold", 1, 1 << 30),
                                   integer_in(params, "clear-at", "keep", 1, 1 << 20));
}

}  // namespace pagequest::kv
