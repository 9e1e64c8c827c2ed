// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/operation.h"
#include "engine/ops/cuda/namespace.h"
#include "engine/runtime/forward_chunk.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// A row that goes on alone behind the last attention.
struct RowMove {
  std::int32_t from = 0;
  std::int32_t to = 0;  // at most `from`
};

/// Where the chunks of a pass lie on a GPU. A pass of decode chunks alone is padded to one of few
/// shapes, so that few graphs serve all: the same shape then gives the same bits with and without a
/// graph.
struct PassPlan {
  std::vector<const ForwardChunk*> chunks;  // in the order of their rows; null: padding
  std::int32_t decode_chunks = 0;           // the first ones, of one row each, padding included
  std::int32_t rows = 0;                    // padding included
  std::int32_t most_prefill_rows = 0;
  std::int32_t most_pages = 0;  // of any (chunk, KV group), or more
  /// (row of logits): the chunk that wants them; null: nobody. The decode chunks' come first.
  std::vector<const ForwardChunk*> outputs;
  std::vector<RowMove> moves;  // of the prefill chunks in `outputs`, in the order to do them
  bool captures = false;       // any chunk
  bool logits = false;         // any chunk wants them, not only the token

  [[nodiscard]] bool decodes_only() const {
    return decode_chunks == static_cast<std::int32_t>(chunks.size());
  }
  [[nodiscard]] std::int32_t prefill_chunks() const {
    return static_cast<std::int32_t>(chunks.size()) - decode_chunks;
  }
  [[nodiscard]] std::int32_t kept_rows() const { return static_cast<std::int32_t>(outputs.size()); }
  [[nodiscard]] Phase phase() const;
};

[[nodiscard]] PassPlan plan_pass(std::span<const ForwardChunk> chunks);

/// Decode chunks that a pass of `chunks` ones is padded to: 1, 2, 4, 8, 16, then powers of two and
/// their halfway points.
[[nodiscard]] std::int32_t padded_chunks(std::int32_t chunks);

/// The same for the pages of the longest sequence: powers of two.
[[nodiscard]] std::int32_t padded_pages(std::int32_t pages);

}  // namespace pagequest::runtime::PQ_CUDA_NS
