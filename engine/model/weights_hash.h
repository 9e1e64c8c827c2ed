// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stop_token>

#include "engine/model/checkpoint.h"

namespace pagequest::model {

/// Of the names, dtypes and stored bytes of all tensors in the order of their names, whichever
/// shards they lie in. Returns early with a meaningless value when `stop` is requested.
[[nodiscard]] std::uint64_t hash_of(const Checkpoint& checkpoint, const std::stop_token& stop = {});

}  // namespace pagequest::model
