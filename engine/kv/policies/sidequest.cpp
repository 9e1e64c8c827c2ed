// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// SideQuest (Kariyappa and Suh, arXiv 2602.22603, sections 3.1 and 3.3): the model itself says, in
// an auxiliary thread, which tool responses have expired. A malformed or out-of-range command
// deletes nothing. Thoughts are never dropped. The paper groups a tool call with its response in a
// footnote and speaks of "tool outputs" elsewhere, hence the parameter.
#include <array>
#include <memory>
#include <set>
#include <variant>

#include "engine/kv/policies/command_policy.h"
#include "engine/kv/policies/registry.h"

namespace pagequest::kv {
namespace {

class SideQuest final : public CommandPolicy {
 public:
  explicit SideQuest(bool evict_call) : evict_call_(evict_call) {}

  [[nodiscard]] bool evicts_call() const override { return evict_call_; }
  [[nodiscard]] std::vector<std::int32_t> commanded() const override {
    return {commanded_.begin(), commanded_.end()};
  }
  void clear_commands() override { commanded_.clear(); }

 private:
  void do_observe(const Event& event) override {
    const auto* joined = std::get_if<AuxJoined>(&event);
    if (joined == nullptr || !joined->parsed) return;
    commanded_.insert(joined->cursors.begin(), joined->cursors.end());
  }

  bool evict_call_;
  std::set<std::int32_t> commanded_;
};

}  // namespace

std::span<const ParamSpec> sidequest_params() {
  static const std::array kSpecs{ParamSpec{
      "evict_call", false, "drop the call of an expired tool response together with the response"}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_sidequest(const Params& params,
                                               const PolicyContext& /*context*/) {
  return std::make_unique<SideQuest>(params.flag("evict_call"));
}

}  // namespace pagequest::kv
