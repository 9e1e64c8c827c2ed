// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/attention_plan.h"

#include <algorithm>

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

/// Blocks that keep every multiprocessor busy, against the price of merging many parts.
std::int32_t split_count(const BatchView& batch, const KvView& kv, int multiprocessors) {
  constexpr std::int32_t kBlocksEach = 4;  // of one multiprocessor
  constexpr std::int32_t kLeastPages = 8;  // of a part: two for each warp
  constexpr std::int32_t kMostSplits = 64;
  const std::int32_t blocks = std::max(1, batch.decode_chunks * kv.kv_heads);
  const std::int32_t wanted = (kBlocksEach * multiprocessors + blocks - 1) / blocks;
  const std::int32_t most = std::max(1, batch.most_pages / kLeastPages);
  return std::clamp(wanted, 1, std::min(most, kMostSplits));
}

template <class T>
T* take(std::byte* base, std::int64_t& used, std::int64_t count) {
  constexpr std::int64_t kAlignment = 256;
  T* at = base == nullptr ? nullptr : reinterpret_cast<T*>(base + used);
  used += (count * static_cast<std::int64_t>(sizeof(T)) + kAlignment - 1) / kAlignment * kAlignment;
  return at;
}

}  // namespace

AttentionPlan plan_attention(const BatchView& batch, const KvView& kv, bool captures,
                             int multiprocessors, std::byte* scratch) {
  AttentionPlan plan;
  plan.splits = split_count(batch, kv, multiprocessors);
  const std::int64_t heads = std::int64_t{batch.decode_chunks} * kv.query_heads;
  plan.outputs = take<float>(scratch, plan.bytes, heads * plan.splits * kv.layout.head_dim);
  plan.totals = take<PageSum>(scratch, plan.bytes, heads * plan.splits);
  plan.page_sums = take<PageSum>(scratch, plan.bytes, captures ? heads * batch.most_pages : 0);
  plan.log_sums =
      take<float>(scratch, plan.bytes, captures ? std::int64_t{batch.rows} * kv.query_heads : 0);
  return plan;
}

std::int64_t attention_scratch_bytes(const BatchView& batch, const KvView& kv, bool captures,
                                     int multiprocessors) {
  return plan_attention(batch, kv, captures, multiprocessors, nullptr).bytes;
}

}  // namespace pagequest::ops::PQ_CUDA_NS
