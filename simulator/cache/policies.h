// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "simulator/cache/block_cache.h"

/// Constructors of the registered policies, one file each.
namespace pagequest::simulator {

[[nodiscard]] std::unique_ptr<BlockCache> make_arc_cache(const Params& params);
[[nodiscard]] std::unique_ptr<BlockCache> make_belady_cache(const Params& params);
[[nodiscard]] std::unique_ptr<BlockCache> make_fifo_cache(const Params& params);
[[nodiscard]] std::unique_ptr<BlockCache> make_lfu_cache(const Params& params);
[[nodiscard]] std::unique_ptr<BlockCache> make_lru_cache(const Params& params);
[[nodiscard]] std::unique_ptr<BlockCache> make_lru_leaf_cache(const Params& params);
[[nodiscard]] std::unique_ptr<BlockCache> make_session_cache(const Params& params);
[[nodiscard]] std::unique_ptr<BlockCache> make_ttl_cache(const Params& params);

}  // namespace pagequest::simulator
