// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/events.h"

namespace pagequest::kv {

/// What counts as nothing beside the largest mass of a row.
inline constexpr float kSparseShare = 0.01F;

/// Attention sparsity of a step: the share of the pages that a row sees whose mass is below 1 % of
/// the row's largest one, mean over the KV heads of the layers (empty: all). With pages of one
/// token and one query head a KV head it is the share of keys that H2O (arXiv 2306.14048, section
/// 3) and ThinKV (arXiv 2510.01290) speak of. Throws usage_error on a layer that the model lacks.
[[nodiscard]] double row_sparsity(const PagesAttended& attended,
                                  std::span<const std::int32_t> layers);

}  // namespace pagequest::kv
