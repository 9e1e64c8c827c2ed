// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The attention kernels against ops::reference::attention, in double precision over the tokens that
// a row sees, gathered from the pages.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/ops/cpu/reference.h"
#include "tests/gpu/paged_case.h"

namespace pagequest::gpu_test {
namespace {

using Doubles = std::vector<double>;

/// What one row and query head should get.
struct Expected {
  Doubles output;
  Doubles masses;                      // (listed page)
  std::vector<Doubles> probabilities;  // (listed page, slot)
  double sink_share = 0.0;
};

Expected expected_of(const PagedCase& paged, std::size_t c, std::int32_t row, std::int32_t head) {
  const CaseChunk& chunk = paged.chunks[c];
  const std::int32_t kv_head = head / paged.shape.group;
  const std::int32_t position = chunk.context - chunk.rows + row;
  std::vector<float> keys;
  std::vector<float> values;
  std::vector<std::int32_t> positions;
  for (std::int32_t p = 0; p <= position; ++p) {
    if (paged.shape.window > 0 && p <= position - paged.shape.window) continue;
    const auto [key, value] = paged.entry(c, kv_head, p);
    keys.insert(keys.end(), key.begin(), key.end());
    values.insert(values.end(), value.begin(), value.end());
    if (!key.empty()) positions.push_back(p);
  }
  const std::optional<double> sink =
      paged.shape.sinks ? std::optional<double>(paged.sinks[static_cast<std::size_t>(head)])
                        : std::nullopt;
  const auto attended = ops::reference::attention(
      paged.query(paged.first_rows[c] + row, head), keys, values,
      std::vector<bool>(positions.size(), true), 1.0 / std::sqrt(paged.shape.head_dim), sink);
  Expected expected{attended.output, Doubles(paged.listed[c].size()), {}, 1.0};
  expected.probabilities.assign(paged.listed[c].size(),
                                Doubles(static_cast<std::size_t>(paged.shape.page_size)));
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const std::int32_t page = positions[i] / paged.shape.page_size;
    const auto column = static_cast<std::size_t>(std::ranges::find(paged.listed[c], page) -
                                                 paged.listed[c].begin());
    expected.masses[column] += attended.weights[i];
    expected.probabilities[column][static_cast<std::size_t>(positions[i] % paged.shape.page_size)] =
        attended.weights[i];
    expected.sink_share -= attended.weights[i];
  }
  return expected;
}

/// Where a chunk's capture lies on the device.
struct Capture {
  gpu::DeviceBuffer mean, max, sink_share, query_head_mass, tokens_above;
};

struct Run {
  std::vector<float> out;
  std::vector<Capture> captures;  // (chunk)
};

std::size_t planes(const PagedCase& paged) {
  return static_cast<std::size_t>(PagedCase::kLayers * paged.shape.kv_heads);
}

Capture capture_for(PagedCase& paged, std::size_t c, bool sets) {
  const std::size_t listed = paged.listed[c].size();
  Capture capture{
      output<float>(planes(paged) * listed), output<float>(planes(paged) * listed),
      output<float>(planes(paged)),
      output<float>(planes(paged) * static_cast<std::size_t>(paged.shape.group) * listed),
      output<std::uint64_t>(paged.thresholds.size() * planes(paged) * listed)};
  paged.views[c].capture = {
      .mean = capture.mean.as<float>(),
      .max = capture.max.as<float>(),
      .sink_share = paged.shape.sinks ? capture.sink_share.as<float>() : nullptr,
      .query_head_mass = capture.query_head_mass.as<float>(),
      .tokens_above = sets ? capture.tokens_above.as<std::uint64_t>() : nullptr,
      .last_query = nullptr};
  return capture;
}

Run run(PagedCase& paged, bool sets, int multiprocessors, const gpu::Stream& stream) {
  Run run;
  bool captures = false;
  for (std::size_t c = 0; c < paged.chunks.size(); ++c) {
    run.captures.push_back(capture_for(paged, c, sets));
    captures = captures || paged.chunks[c].capture_rows > 0;
  }
  paged.upload_views();
  gpu::BatchView batch = paged.batch();
  if (sets) batch.threshold_count = static_cast<std::int32_t>(paged.thresholds.size());
  const auto bytes = gpu::attention_scratch_bytes(batch, paged.kv(), captures, multiprocessors);
  const gpu::DeviceBuffer scratch = output<std::byte>(static_cast<std::size_t>(bytes));
  const auto count = static_cast<std::size_t>(paged.rows * paged.query_stride());
  const bool f32 = paged.shape.element == gpu::Element::f32;
  const gpu::DeviceBuffer out = f32 ? output<float>(count) : output<std::uint16_t>(count);
  gpu::attention({.batch = batch,
                  .kv = paged.kv(),
                  .layer = PagedCase::kLayer,
                  .window = paged.shape.window,
                  .scale = 1.0F / std::sqrt(static_cast<float>(paged.shape.head_dim)),
                  .sinks = paged.shape.sinks ? paged.sink_buffer.as<float>() : nullptr,
                  .queries = paged.queries_view(),
                  .out = {out.data(), paged.query_stride(), paged.shape.element},
                  .captures = captures,
                  .scratch = scratch.data()},
                 multiprocessors, stream);
  run.out = f32 ? download<float>(out, count, stream)
                : from_bf16(download<std::uint16_t>(out, count, stream));
  return run;
}

double tolerance(const PagedCase& paged) {
  // f32 sums of f32 products; bf16 outputs are rounded to 8 bits, as P is on tensor cores.
  return paged.shape.element == gpu::Element::f32 ? 2e-6 : 1.2e-2;
}

void check_outputs(const PagedCase& paged, const Run& run) {
  double worst = 0.0;
  for (std::size_t c = 0; c < paged.chunks.size(); ++c) {
    for (std::int32_t row = 0; row < paged.chunks[c].rows; ++row) {
      for (std::int32_t head = 0; head < paged.query_heads(); ++head) {
        const Expected expected = expected_of(paged, c, row, head);
        const std::int64_t at = (paged.first_rows[c] + row) * paged.query_stride() +
                                std::int64_t{head} * paged.shape.head_dim;
        for (std::int32_t i = 0; i < paged.shape.head_dim; ++i) {
          const double got = run.out[static_cast<std::size_t>(at + i)];
          const double off = std::abs(got - expected.output[static_cast<std::size_t>(i)]);
          worst = std::isnan(got) ? 1e30 : std::max(worst, off);
        }
      }
    }
  }
  CHECK(worst < tolerance(paged));
}

/// (head of the group, listed page): means over the captured rows.
std::vector<Doubles> head_masses(const PagedCase& paged, std::size_t c, std::int32_t kv_head,
                                 double& sink_share, std::vector<Doubles>& best) {
  const CaseChunk& chunk = paged.chunks[c];
  std::vector<Doubles> masses;
  best.assign(paged.listed[c].size(), Doubles(static_cast<std::size_t>(paged.shape.page_size)));
  for (std::int32_t h = 0; h < paged.shape.group; ++h) {
    Doubles mean(paged.listed[c].size());
    for (std::int32_t row = chunk.rows - chunk.capture_rows; row < chunk.rows; ++row) {
      const Expected one = expected_of(paged, c, row, kv_head * paged.shape.group + h);
      for (std::size_t j = 0; j < mean.size(); ++j) {
        mean[j] += one.masses[j] / chunk.capture_rows;
        for (std::size_t t = 0; t < best[j].size(); ++t) {
          best[j][t] = std::max(best[j][t], one.probabilities[j][t]);
        }
      }
      sink_share += one.sink_share / (chunk.capture_rows * paged.shape.group);
    }
    masses.push_back(mean);
  }
  return masses;
}

void check_capture(const PagedCase& paged, const Run& run, std::size_t c, bool sets,
                   const gpu::Stream& stream) {
  const std::size_t listed = paged.listed[c].size();
  const auto group = static_cast<std::size_t>(paged.shape.group);
  const Capture& capture = run.captures[c];
  const auto mean = download<float>(capture.mean, planes(paged) * listed, stream);
  const auto max = download<float>(capture.max, planes(paged) * listed, stream);
  const auto heads =
      download<float>(capture.query_head_mass, planes(paged) * group * listed, stream);
  const auto share = download<float>(capture.sink_share, planes(paged), stream);
  const auto above = download<std::uint64_t>(
      capture.tokens_above, paged.thresholds.size() * planes(paged) * listed, stream);
  for (std::int32_t kv_head = 0; kv_head < paged.shape.kv_heads; ++kv_head) {
    const auto plane = static_cast<std::size_t>(PagedCase::kLayer * paged.shape.kv_heads + kv_head);
    double sink_share = 0.0;
    std::vector<Doubles> best;
    const auto masses = head_masses(paged, c, kv_head, sink_share, best);
    double worst = 0.0;
    const auto compare = [&](float got, double wanted) {
      worst = std::isnan(got) ? 1e30 : std::max(worst, std::abs(got - wanted));
    };
    for (std::size_t j = 0; j < listed; ++j) {
      double sum = 0.0;
      double largest = 0.0;
      for (std::size_t h = 0; h < group; ++h) {
        sum += masses[h][j] / static_cast<double>(group);
        largest = std::max(largest, masses[h][j]);
        compare(heads[(plane * group + h) * listed + j], masses[h][j]);
      }
      compare(mean[plane * listed + j], sum);
      compare(max[plane * listed + j], largest);
      for (std::size_t i = 0; sets && i < paged.thresholds.size(); ++i) {
        const std::uint64_t set = above[(i * planes(paged) + plane) * listed + j];
        for (std::size_t t = 0; t < best[j].size(); ++t) {
          if (std::abs(best[j][t] - paged.thresholds[i]) < 1e-5) continue;
          CHECK((set >> t & 1) == (best[j][t] >= paged.thresholds[i] ? 1U : 0U));
        }
      }
    }
    if (paged.shape.sinks) compare(share[plane], sink_share);
    CHECK(worst < 3e-6);
  }
}

void check_all(PagedCase& paged, bool sets, int multiprocessors) {
  const gpu::Stream stream;
  const Run result = run(paged, sets, multiprocessors, stream);
  check_outputs(paged, result);
  for (std::size_t c = 0; c < paged.chunks.size(); ++c) {
    if (paged.chunks[c].capture_rows > 0) check_capture(paged, result, c, sets, stream);
  }
}

const std::vector<CaseChunk> kMixed = {{1, 37, 1}, {1, 1, 1}, {0, 0},    {1, 90, 0},
                                       {5, 33, 3}, {9, 9, 9}, {2, 70, 0}};

TEST_CASE("Attention and its capture are the reference's for every storage and page size") {
  const auto type = GENERATE(ops::KvType::f32, ops::KvType::bf16, ops::KvType::int8);
  const std::int32_t page_size = GENERATE(1, 7, 16, 64);
  PagedCase paged({.type = type, .page_size = page_size}, kMixed, 11);
  check_all(paged, false, 4);
}

TEST_CASE("Attention is the reference's for every size of head and group") {
  const std::int32_t head_dim = GENERATE(8, 24, 64, 128);
  const std::int32_t group = GENERATE(1, 3, 8);
  PagedCase paged({.head_dim = head_dim, .group = group}, {{1, 50, 1}, {4, 20, 2}}, 12);
  check_all(paged, false, 4);
}

TEST_CASE("Attention is the reference's with a window, sinks and a table for each head") {
  const bool per_head = GENERATE(false, true);
  const std::int32_t window = GENERATE(0, 5, 40);
  PagedCase paged({.page_size = 8, .per_head = per_head, .window = window, .sinks = true}, kMixed,
                  13);
  check_all(paged, true, 4);
}

TEST_CASE("Token sets are those of the tokens whose probability reaches the threshold") {
  PagedCase paged({.page_size = 64, .group = 3}, {{1, 100, 1}, {6, 80, 4}}, 14);
  check_all(paged, true, 4);
}

TEST_CASE("The number of splits changes nothing but rounding") {
  const int multiprocessors = GENERATE(1, 4, 200);
  PagedCase paged({.page_size = 4}, {{1, 400, 1}, {1, 3, 1}}, 15);
  check_all(paged, false, multiprocessors);
}

TEST_CASE("bf16 queries and keys give the reference's attention within bf16's rounding") {
  const std::int32_t head_dim = GENERATE(64, 128);
  const std::int32_t page_size = GENERATE(16, 32);
  const std::int32_t group = GENERATE(1, 4, 8);
  PagedCase paged({.type = ops::KvType::bf16,
                   .element = gpu::Element::bf16,
                   .head_dim = head_dim,
                   .page_size = page_size,
                   .group = group},
                  {{1, 300, 1}, {1, 45, 1}, {7, 60, 4}}, 16);
  check_all(paged, false, 4);
}

TEST_CASE("Tensor cores keep windows, sinks, holes and tables for each head") {
  const bool per_head = GENERATE(false, true);
  const std::int32_t window = GENERATE(0, 70);
  const std::int32_t page_size = GENERATE(32, 64);
  PagedCase paged({.type = ops::KvType::bf16,
                   .element = gpu::Element::bf16,
                   .head_dim = 64,
                   .page_size = page_size,
                   .group = 3,
                   .per_head = per_head,
                   .window = window,
                   .sinks = true,
                   .holes = 0.4},
                  {{1, 700, 1}, {0, 0}, {1, 20, 1}, {45, 150, 5}, {2, 300, 1}}, 18);
  check_all(paged, true, 4);
}

TEST_CASE("A warp's strips of keys come round more often than there are stages for them") {
  const int multiprocessors = GENERATE(1, 16);
  PagedCase paged({.type = ops::KvType::bf16,
                   .element = gpu::Element::bf16,
                   .head_dim = 128,
                   .page_size = 16,
                   .kv_heads = 1,
                   .group = 16},
                  {{1, 1500, 1}, {1, 900, 0}}, 19);
  check_all(paged, false, multiprocessors);
}

TEST_CASE("The capture does not change the outputs by a bit") {
  std::vector<CaseChunk> plain = kMixed;
  for (CaseChunk& chunk : plain) chunk.capture_rows = 0;
  CaseShape shape{.type = ops::KvType::bf16};
  if (GENERATE(false, true)) {  // on tensor cores
    shape.element = gpu::Element::bf16;
    shape.head_dim = 64;
  }
  PagedCase with(shape, kMixed, 17);
  PagedCase without(shape, plain, 17);
  const gpu::Stream stream;
  const Run a = run(with, true, 4, stream);
  const Run b = run(without, false, 4, stream);
  for (std::int32_t row = 0; row < with.rows; ++row) {
    if (row == with.first_rows[2]) continue;  // padding
    for (std::int32_t i = 0; i < with.query_heads() * with.shape.head_dim; ++i) {
      const auto at = static_cast<std::size_t>(row * with.query_stride() + i);
      CHECK(a.out[at] == b.out[at]);
    }
  }
}

}  // namespace
}  // namespace pagequest::gpu_test
