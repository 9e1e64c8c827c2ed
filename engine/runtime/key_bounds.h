// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/model_config.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/sequence_tables.h"

namespace pagequest::runtime {

/// Smallest and largest components of the keys of one logical page as they are stored, over its
/// live tokens (Quest, arXiv 2406.10774, section 3.2). A layer or KV head that holds none of them
/// has zeros.
struct KeyBounds {
  std::vector<float> lowest;  // (layer, KV head, head_dim)
  std::vector<float> highest;
};

/// `tables` must map the page.
[[nodiscard]] KeyBounds key_bounds(const SequenceTables& tables, std::int32_t page, KvCache& cache,
                                   const model::ModelConfig& model);

}  // namespace pagequest::runtime
