// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/gpu_attention.h"

#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "base/check.h"
#include "base/rng.h"

namespace pagequest::bench::PQ_CUDA_NS {
namespace {

using gpu::Element;

std::uint64_t lowest_bits(std::int32_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace

AttentionCase::AttentionCase(const AttentionShape& shape, int multiprocessors,
                             const gpu::Stream& stream)
    : shape_(shape), multiprocessors_(multiprocessors) {
  PQ_CHECK(shape.rows == 1 || shape.rows == shape.context, "a batch decodes or prefills");
  place_pages(stream);
  place_chunks(stream);
  const std::int64_t numbers = std::int64_t{batch_.rows} * shape.query_heads * shape.head_dim;
  queries_ = random_bf16(numbers, 1.0F, stream);
  out_ = filled(2 * numbers, 0xFF, stream);
  scratch_ = gpu::DeviceBuffer(gpu::attention_scratch_bytes(batch_, kv_, true, multiprocessors));
}

void AttentionCase::place_pages(const gpu::Stream& stream) {
  const std::int64_t all = shape_.sequences * pages_each();
  kv_.layout = {ops::KvType::bf16, shape_.head_dim, shape_.page_size};
  const std::int64_t block = kv_.layout.block_bytes();
  memory_ = random_bf16(all * shape_.kv_heads * block / 2, 1.0F, stream);
  std::vector<std::int64_t> offsets;
  for (std::int32_t head = 0; head < shape_.kv_heads; ++head) offsets.push_back(head * block);
  plane_offsets_ = uploaded(offsets, stream);
  group_of_ = uploaded(std::vector<std::int32_t>(offsets.size(), 0), stream);
  kv_.layers = kv_.groups = 1;
  kv_.kv_heads = shape_.kv_heads;
  kv_.query_heads = shape_.query_heads;
  kv_.memory = memory_.data();
  kv_.page_stride = shape_.kv_heads * block;
  kv_.plane_offsets = plane_offsets_.as<std::int64_t>();
  kv_.group_of = group_of_.as<std::int32_t>();

  std::vector<std::int32_t> physical(static_cast<std::size_t>(all));
  std::iota(physical.begin(), physical.end(), 0);
  Rng(4).shuffle(physical);
  std::vector<ops::AttendedPage> pages;
  std::vector<std::int32_t> columns;
  for (std::int64_t i = 0; i < all; ++i) {
    const auto column = static_cast<std::int32_t>(i % pages_each());
    const std::int32_t first = column * shape_.page_size;
    const std::int32_t live = std::min(shape_.page_size, shape_.context - first);
    pages.push_back({lowest_bits(live), physical[static_cast<std::size_t>(i)], first});
    columns.push_back(column);
  }
  pages_ = uploaded(pages, stream);
  columns_ = uploaded(columns, stream);
}

void AttentionCase::place_chunks(const gpu::Stream& stream) {
  const std::int64_t masses = shape_.kv_heads * pages_each();  // of one sequence
  masses_ = filled(2 * shape_.sequences * masses * 4, 0xFF, stream);
  shares_ = filled(std::int64_t{4} * shape_.sequences * shape_.kv_heads, 0xFF, stream);
  std::vector<gpu::ChunkView> plain;
  std::vector<gpu::ChunkView> captured;
  std::vector<gpu::PageRange> ranges;
  std::vector<std::int32_t> row_chunks;
  for (std::int32_t i = 0; i < shape_.sequences; ++i) {
    gpu::ChunkView chunk{.first_row = i * shape_.rows,
                         .rows = shape_.rows,
                         .first_position = shape_.context - shape_.rows,
                         .listed = static_cast<std::int32_t>(pages_each())};
    plain.push_back(chunk);
    chunk.capture_rows = 1;
    chunk.capture.mean = masses_.as<float>() + 2 * i * masses;
    chunk.capture.max = chunk.capture.mean + masses;
    chunk.capture.sink_share = shares_.as<float>() + std::int64_t{i} * shape_.kv_heads;
    captured.push_back(chunk);
    ranges.push_back({static_cast<std::int32_t>(i * pages_each()), chunk.listed});
    row_chunks.insert(row_chunks.end(), static_cast<std::size_t>(shape_.rows), i);
  }
  plain_chunks_ = uploaded(plain, stream);
  capture_chunks_ = uploaded(captured, stream);
  ranges_ = uploaded(ranges, stream);
  row_chunks_ = uploaded(row_chunks, stream);
  tokens_ = uploaded(std::vector<std::int32_t>(row_chunks.size(), 0), stream);
  const bool decodes = shape_.rows == 1;
  batch_ = {.decode_chunks = decodes ? shape_.sequences : 0,
            .prefill_chunks = decodes ? 0 : shape_.sequences,
            .rows = shape_.sequences * shape_.rows,
            .most_prefill_rows = decodes ? 0 : shape_.rows,
            .most_pages = static_cast<std::int32_t>(pages_each()),
            .tokens = tokens_.as<std::int32_t>(),
            .row_chunks = row_chunks_.as<std::int32_t>(),
            .ranges = ranges_.as<gpu::PageRange>(),
            .pages = pages_.as<ops::AttendedPage>(),
            .columns = columns_.as<std::int32_t>()};
}

void AttentionCase::run(bool capture, const gpu::Stream& stream) const {
  gpu::AttentionArgs args{.batch = batch_,
                          .kv = kv_,
                          .layer = 0,
                          .window = 0,
                          .scale = 1.0F / std::sqrt(static_cast<float>(shape_.head_dim)),
                          .sinks = nullptr,
                          .captures = capture,
                          .scratch = scratch_.data()};
  args.batch.chunks = (capture ? capture_chunks_ : plain_chunks_).as<gpu::ChunkView>();
  const std::int64_t stride = std::int64_t{shape_.query_heads} * shape_.head_dim;
  args.queries = {queries_.data(), stride, Element::bf16};
  args.out = {out_.data(), stride, Element::bf16};
  gpu::attention(args, multiprocessors_, stream);
}

double AttentionCase::bytes() const {
  return 4.0 * shape_.sequences * shape_.context * shape_.kv_heads * shape_.head_dim;
}

double AttentionCase::flops() const {
  const double context = shape_.context;
  const double keys = shape_.rows == 1 ? context : context * (context + 1) / 2;
  return 4.0 * shape_.sequences * keys * shape_.query_heads * shape_.head_dim;
}

void AttentionCase::check(const gpu::Stream& stream) const {
  check_output("attention", out_, Element::bf16, stream);
  check_output("attention, captured masses", masses_, Element::f32, stream);
}

std::int64_t AttentionCase::pages_each() const {
  return (shape_.context + shape_.page_size - 1) / shape_.page_size;
}

AttentionSpeed attention_speed(const AttentionShape& shape, const Repeats& repeats) {
  const gpu::Stream stream;
  const AttentionCase attention(shape, gpu::device_info().multiprocessors, stream);
  const auto seconds =
      median_seconds(stream, repeats,
                     {[&] { attention.run(false, stream); }, [&] { attention.run(true, stream); }});
  attention.check(stream);
  return {.plain_s = seconds[0],
          .capture_s = seconds[1],
          .bytes = attention.bytes(),
          .flops = attention.flops()};
}

}  // namespace pagequest::bench::PQ_CUDA_NS
