// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/model/model_config.h"
#include "engine/runtime/engine_config.h"

namespace pagequest::cli {

/// Bytes of one token's keys and values in all layers and KV heads, as the engine stores them,
/// scales included.
[[nodiscard]] std::int64_t kv_bytes_of_token(const runtime::EngineConfig& engine,
                                             const model::ModelConfig& model);

/// Whole tokens that fit in a budget of bytes. Throws usage_error if not even one does, if there
/// are more than a sequence can have, or if a budget in tokens was given as well.
[[nodiscard]] std::int32_t tokens_in_budget(std::int64_t budget_bytes, std::int32_t budget_tokens,
                                            std::int64_t bytes_of_token);

}  // namespace pagequest::cli
