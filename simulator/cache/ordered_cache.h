// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "simulator/cache/eviction_order.h"

namespace pagequest::simulator {

/// A cache with that order of eviction: names, holders and slots are kept here, once for all
/// policies.
[[nodiscard]] std::unique_ptr<BlockCache> make_ordered_cache(std::unique_ptr<EvictionOrder> order);

}  // namespace pagequest::simulator
