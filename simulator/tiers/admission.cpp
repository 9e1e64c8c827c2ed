// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/tiers/admission.h"

#include <array>

#include "base/params.h"
#include "simulator/cache/ghost_list.h"

namespace pagequest::simulator {
namespace {

class All final : public Admission {
 public:
  bool admits(BlockId /*id*/) override { return true; }
};

/// Spares a tier the writes of what is never asked for again. It remembers as many refused names as
/// the tier has blocks.
class SecondTouch final : public Admission {
 public:
  explicit SecondTouch(std::int64_t capacity) : capacity_(capacity) {}
  bool admits(BlockId id) override {
    if (refused_.erase(id)) return true;
    refused_.push(id);
    refused_.trim(capacity_);
    return false;
  }

 private:
  std::int64_t capacity_;
  GhostList refused_;
};

std::unique_ptr<Admission> make_all(std::int64_t /*capacity*/) { return std::make_unique<All>(); }
std::unique_ptr<Admission> make_second_touch(std::int64_t capacity) {
  return std::make_unique<SecondTouch>(capacity);
}

constexpr std::array kPolicies{
    AdmissionPolicy{"all", "Every block", make_all},
    AdmissionPolicy{"second_touch", "Blocks that were offered before", make_second_touch},
};

}  // namespace

std::span<const AdmissionPolicy> admission_policies() { return kPolicies; }

std::unique_ptr<Admission> make_admission(std::string_view name, std::int64_t capacity) {
  return entry_named("admission policy", name, admission_policies()).make(capacity);
}

}  // namespace pagequest::simulator
