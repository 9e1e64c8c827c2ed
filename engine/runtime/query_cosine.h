// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "engine/model/model_config.h"

namespace pagequest::runtime {

/// (layer, KV head): cosine of two steps' queries, mean over the query heads that share the KV
/// head. `before` and `now` are (layer, query head, head_dim); empty if either is. A query of
/// length zero has the cosine 0 with any other.
[[nodiscard]] std::vector<float> query_cosine(std::span<const float> before,
                                              std::span<const float> now,
                                              const model::ModelConfig& model);

}  // namespace pagequest::runtime
