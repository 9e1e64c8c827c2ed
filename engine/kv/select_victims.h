// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/kv/attended_steps.h"
#include "engine/kv/eviction_policy.h"

namespace pagequest::kv {

/// The candidates to drop, as indices into `candidates` in the order of dropping: lowest keep score
/// first, ties by the earliest last attended step, then by the lowest id. Stops as soon as at least
/// `tokens_to_free` live tokens are freed, or when only protected candidates (+infinity) are left.
/// The choice doesn't depend on the order of the candidates. A NaN score fails a CHECK.
[[nodiscard]] std::vector<std::size_t> select_victims(std::span<const UnitView> candidates,
                                                      std::span<const float> keep,
                                                      std::int64_t tokens_to_free,
                                                      const AttendedSteps& attended);

/// The same into `victims`, whose memory is used again.
void select_victims(std::span<const UnitView> candidates, std::span<const float> keep,
                    std::int64_t tokens_to_free, const AttendedSteps& attended,
                    std::vector<std::size_t>& victims);

}  // namespace pagequest::kv
