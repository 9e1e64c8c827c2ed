// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/runtime/forward_chunk.h"

namespace pagequest::runtime {

/// Chunks that one thread takes through all layers together.
struct Tile {
  std::vector<const ForwardChunk*> chunks;
  std::int64_t rows = 0;  // tokens of all chunks
};

/// Cuts a batch into tiles of whole chunks: enough for `threads` to share the work evenly, rows
/// enough in each to read the weights rarely. The costliest tiles come first. Results of the
/// forward pass do not depend on the cut.
[[nodiscard]] std::vector<Tile> make_tiles(std::span<const ForwardChunk> chunks, int threads);

}  // namespace pagequest::runtime
