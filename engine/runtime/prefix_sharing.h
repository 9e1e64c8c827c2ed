// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/kv/prefix_cache.h"
#include "engine/runtime/sequence.h"

namespace pagequest::runtime {

/// Gives a sequence without pages those of the longest cached beginning of what it must compute: of
/// its history up to the first eviction, or of its queue but for the last token, which gives the
/// logits. Returns the tokens that they hold; the sequence's history and queue stay as they are.
std::int32_t share_prefix(Sequence& sequence, kv::PrefixCache& cache);

/// Tells the cache of the pages that the sequence has filled since the last call. Call it before
/// the step's evictions: nothing is told of a sequence that was ever evicted from, nor of tokens
/// behind the first one that read a selection.
void register_pages(Sequence& sequence, kv::PrefixCache& cache);

}  // namespace pagequest::runtime
