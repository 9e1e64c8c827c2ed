// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Kernels of one idea each, against ops::reference, the engine's sampler, or a plain loop.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/ops/cpu/packed_matrix.h"
#include "engine/ops/cpu/reference.h"
#include "engine/ops/cuda/device_matrix.h"
#include "engine/ops/cuda/kernels.h"
#include "tests/gpu/paged_case.h"
#include "tests/gpu/support.h"

namespace pagequest::gpu_test {
namespace {

std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

TEST_CASE("An embedded token is the row that the packed matrix gives") {
  const auto type = GENERATE(ops::WeightType::f32, ops::WeightType::bf16, ops::WeightType::int8,
                             ops::WeightType::fp8);
  const std::int64_t width = GENERATE(8, 200, 264);
  Rng rng(1);
  ops::PackedMatrix table(type, 37, width);
  table.set_outputs(0, random_floats(rng, at(37 * width)).data(), 37);
  const std::vector<std::int32_t> tokens = {36, 0, 5, 5};
  const gpu::Stream stream;
  gpu::Uploader uploader(stream);
  const gpu::DeviceMatrix matrix(table, uploader);
  const auto ids = upload(tokens);
  const auto out = output<float>(at(4 * (width + 3)));
  gpu::embed({.table = matrix.view(),
              .tokens = ids.as<std::int32_t>(),
              .rows = 4,
              .out = {out.data(), width + 3, gpu::Element::f32}},
             stream);
  const auto got = download<float>(out, at(4 * (width + 3)), stream);
  std::vector<float> row(at(width));
  for (std::int64_t r = 0; r < 4; ++r) {
    table.get_output(tokens[at(r)], row.data());
    CHECK(std::equal(row.begin(), row.end(), got.begin() + r * (width + 3)));
    CHECK(std::isnan(got[at(r * (width + 3) + width)]));
  }
}

TEST_CASE("RMSNorm is the reference's, in f32 and as two bf16 terms") {
  const std::int64_t width = GENERATE(8, 192, 1030);
  Rng rng(2);
  const auto x = random_floats(rng, at(5 * width), -3, 3);
  const auto weight = random_floats(rng, at(width));
  const std::vector<std::int32_t> sources = {4, 0, 2};
  const auto x_buffer = upload(x);
  const auto weight_buffer = upload(weight);
  const auto source_buffer = upload(sources);
  const auto f32 = output<float>(at(3 * width));
  const auto bf16 = output<std::uint16_t>(at(3 * width));
  const auto rest = output<std::uint16_t>(at(3 * width));
  const gpu::Stream stream;
  gpu::RmsNormArgs args{.x = {x_buffer.data(), width, gpu::Element::f32},
                        .rows = 3,
                        .width = width,
                        .weight = weight_buffer.as<float>(),
                        .epsilon = 1e-5F,
                        .out = {f32.data(), width, gpu::Element::f32},
                        .remainder = {},
                        .source_rows = source_buffer.as<std::int32_t>()};
  gpu::rms_norm(args, stream);
  args.out = {bf16.data(), width, gpu::Element::bf16};
  args.remainder = {rest.data(), width, gpu::Element::bf16};
  gpu::rms_norm(args, stream);
  const auto got = download<float>(f32, at(3 * width), stream);
  const auto high = from_bf16(download<std::uint16_t>(bf16, at(3 * width), stream));
  const auto low = from_bf16(download<std::uint16_t>(rest, at(3 * width), stream));
  for (std::int64_t r = 0; r < 3; ++r) {
    const std::vector<float> row(x.begin() + sources[at(r)] * width,
                                 x.begin() + (sources[at(r)] + 1) * width);
    const auto expected = ops::reference::rms_norm(row, weight, 1e-5);
    double worst = 0.0;
    double worst_sum = 0.0;
    for (std::int64_t i = 0; i < width; ++i) {
      const auto k = at(r * width + i);
      worst = std::max(worst, std::abs(got[k] - expected[at(i)]));
      worst_sum = std::max(worst_sum, std::abs(high[k] + low[k] - expected[at(i)]));
    }
    CHECK(worst < 3e-6);      // a few roundings of values up to 3
    CHECK(worst_sum < 6e-5);  // 16 bits of two bf16
  }
}

struct Routed {
  std::vector<std::int32_t> chosen, first, place, source;
  std::vector<float> weights;
};

Routed route(const std::vector<float>& logits, std::int64_t rows, std::int32_t experts,
             std::int32_t slots, bool normalise) {
  const auto logit_buffer = upload(logits);
  const auto chosen = output<std::int32_t>(at(rows * slots));
  const auto weights = output<float>(at(rows * slots));
  const auto first = output<std::int32_t>(at(experts + 1));
  const auto place = output<std::int32_t>(at(rows * slots));
  const auto source = output<std::int32_t>(at(rows * slots));
  const gpu::Stream stream;
  gpu::route({.logits = logit_buffer.as<float>(),
              .stride = experts,
              .rows = rows,
              .experts = experts,
              .experts_per_token = slots,
              .normalise_weights = normalise,
              .chosen = chosen.as<std::int32_t>(),
              .weights = weights.as<float>(),
              .first = first.as<std::int32_t>(),
              .place = place.as<std::int32_t>(),
              .source = source.as<std::int32_t>()},
             stream);
  return {download<std::int32_t>(chosen, at(rows * slots), stream),
          download<std::int32_t>(first, at(experts + 1), stream),
          download<std::int32_t>(place, at(rows * slots), stream),
          download<std::int32_t>(source, at(rows * slots), stream),
          download<float>(weights, at(rows * slots), stream)};
}

TEST_CASE("Rows go to the experts with the largest logits, sorted by expert") {
  const std::int32_t experts = GENERATE(4, 33, 128);
  const bool normalise = GENERATE(true, false);
  const std::int64_t rows = 13;
  const std::int32_t slots = 3;
  Rng rng(static_cast<std::uint64_t>(experts));
  auto logits = random_floats(rng, at(rows * experts), -4, 4);
  for (std::int32_t e = 0; e < experts; ++e) logits[at(e)] = 1.0F;  // ties: the lowest experts
  const Routed got = route(logits, rows, experts, slots, normalise);
  std::vector<std::vector<std::int32_t>> members(at(experts));
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = logits.data() + r * experts;
    std::vector<std::int32_t> order(at(experts));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int32_t a, std::int32_t b) { return row[a] > row[b]; });
    double total = 0.0;
    for (std::int32_t i = 0; i < (normalise ? slots : experts); ++i) {
      total += std::exp(static_cast<double>(row[order[at(i)]]));
    }
    std::sort(order.begin(), order.begin() + slots);
    for (std::int32_t s = 0; s < slots; ++s) {
      const std::int32_t expert = order[at(s)];
      CHECK(got.chosen[at(r * slots + s)] == expert);
      CHECK(got.weights[at(r * slots + s)] ==
            Approx(std::exp(static_cast<double>(row[expert])) / total).epsilon(1e-5));
      members[at(expert)].push_back(static_cast<std::int32_t>(r));
    }
  }
  std::vector<std::int32_t> sources;
  for (std::int32_t e = 0; e < experts; ++e) {
    CHECK(got.first[at(e)] == static_cast<std::int32_t>(sources.size()));
    sources.insert(sources.end(), members[at(e)].begin(), members[at(e)].end());
  }
  CHECK(got.first[at(experts)] == rows * slots);
  CHECK(got.source == sources);
  for (std::int64_t i = 0; i < rows * slots; ++i) {
    CHECK(got.source[at(got.place[at(i)])] == i / slots);
  }
}

std::vector<std::int32_t> sample(const std::vector<float>& logits, std::int32_t vocabulary,
                                 const std::vector<gpu::SamplingView>& sampling) {
  const auto logit_buffer = upload(logits);
  const auto sampling_buffer = upload(sampling);
  const auto tokens = output<std::int32_t>(sampling.size());
  const gpu::Stream stream;
  gpu::sample({.logits = logit_buffer.as<float>(),
               .stride = vocabulary,
               .rows = static_cast<std::int64_t>(sampling.size()),
               .vocabulary = vocabulary,
               .sampling = sampling_buffer.as<gpu::SamplingView>(),
               .tokens = tokens.as<std::int32_t>(),
               .scratch = nullptr},
              stream);
  return download<std::int32_t>(tokens, sampling.size(), stream);
}

/// The definition, with a full sort: runtime/sampler.h in words.
std::int32_t sampled(const float* logits, std::int32_t vocabulary, const gpu::SamplingView& by) {
  std::vector<std::int32_t> order(at(vocabulary));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return logits[a] > logits[b]; });
  if (by.temperature == 0.0F) return order[0];
  std::vector<double> weights;
  for (const std::int32_t token : order) {
    weights.push_back(std::exp((static_cast<double>(logits[token]) - logits[order[0]]) /
                               static_cast<double>(by.temperature)));
  }
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  double nucleus = 0.0;
  std::size_t kept = 0;
  while (kept < weights.size() && (kept == 0 || nucleus < by.top_p * total)) {
    nucleus += weights[kept++];
  }
  const double draw = Rng(by.seed, static_cast<std::uint64_t>(by.position)).uniform() * nucleus;
  double below = 0.0;
  for (std::size_t i = 0; i < kept; ++i) {
    below += weights[i];
    if (draw < below) return order[i];
  }
  return order[kept - 1];
}

TEST_CASE("Sampled tokens are those of a full sort, for every temperature and nucleus") {
  const std::int32_t vocabulary = GENERATE(1, 50, 700);
  constexpr std::int32_t kRows = 24;
  Rng rng(static_cast<std::uint64_t>(vocabulary));
  auto logits = random_floats(rng, at(std::int64_t{kRows} * vocabulary), -5, 5);
  for (float& logit : logits) logit = std::round(logit * 4.0F) / 4.0F;  // many ties, both zeros
  std::vector<gpu::SamplingView> sampling;
  for (std::int32_t r = 0; r < kRows; ++r) {
    constexpr std::array kTemperatures = {0.0F, 0.3F, 1.0F, 2.5F};
    constexpr std::array kTopPs = {1.0F, 0.9F, 0.4F};
    sampling.push_back({kTemperatures[at(r % 4)], kTopPs[at(r % 3)], 77, 1000 + r});
  }
  const auto got = sample(logits, vocabulary, sampling);
  for (std::int32_t r = 0; r < kRows; ++r) {
    // The fixed-point weights differ from doubles by 2^-40: no draw of these is that close.
    CHECK(got[at(r)] ==
          sampled(logits.data() + std::int64_t{r} * vocabulary, vocabulary, sampling[at(r)]));
  }
}

TEST_CASE("A row with a logit that is not finite gives no token") {
  std::vector<float> logits(3 * 40, 1.0F);
  logits[5] = std::numeric_limits<float>::quiet_NaN();
  logits[40 + 39] = std::numeric_limits<float>::infinity();
  const auto got = sample(logits, 40, {{0, 1, 0, 0}, {1, 1, 0, 0}, {0, 1, 0, 0}});
  CHECK(got == std::vector<std::int32_t>{-1, -1, 0});
}

TEST_CASE("Copied pages hold the bytes of their originals in every layer of the group") {
  PagedCase paged({.page_size = 7, .kv_heads = 2}, {{1, 60}}, 21);
  const gpu::KvView kv = paged.kv();
  const std::int64_t stride = kv.page_stride;
  const std::int64_t layer_stride = paged.memory.bytes() / PagedCase::kLayers;
  const auto pairs = upload(std::vector<std::int32_t>{0, 3, 1, 5});
  const gpu::Stream stream;
  const auto before = download<std::byte>(paged.memory, at(paged.memory.bytes()), stream);
  gpu::copy_pages({.kv = kv,
                   .layers_in_group = PagedCase::kLayers,
                   .layer_stride = layer_stride,
                   .pairs = pairs.as<std::int32_t>(),
                   .count = 2},
                  stream);
  const auto after = download<std::byte>(paged.memory, at(paged.memory.bytes()), stream);
  const std::map<std::int64_t, std::int64_t> source = {{3, 0}, {5, 1}};
  for (std::int64_t layer = 0; layer < PagedCase::kLayers; ++layer) {
    for (std::int64_t page = 0; page < layer_stride / stride; ++page) {
      const auto from = source.contains(page) ? source.at(page) : page;
      const auto* expected = before.data() + layer * layer_stride + from * stride;
      CHECK(std::equal(expected, expected + stride,
                       after.data() + layer * layer_stride + page * stride));
    }
  }
}

TEST_CASE("Key bounds are those of the live tokens' stored keys") {
  const auto type = GENERATE(ops::KvType::f32, ops::KvType::bf16, ops::KvType::int8);
  PagedCase paged({.type = type, .page_size = 16, .per_head = true, .holes = 0.4}, {{1, 40}}, 22);
  std::vector<ops::AttendedPage> pages;
  for (std::int32_t head = 0; head < 2; ++head) pages.push_back(paged.group_of(0, head).pages[1]);
  pages[1].live = 0;  // a head that holds none
  const auto page_buffer = upload(pages);
  const std::size_t count = PagedCase::kLayers * 2 * 16;
  const auto lowest = output<float>(count);
  const auto highest = output<float>(count);
  const gpu::Stream stream;
  gpu::key_bounds({.kv = paged.kv(),
                   .pages = page_buffer.as<ops::AttendedPage>(),
                   .lowest = lowest.as<float>(),
                   .highest = highest.as<float>()},
                  stream);
  const auto low = download<float>(lowest, count, stream);
  const auto high = download<float>(highest, count, stream);
  for (std::size_t i = 0; i < 16; ++i) {
    float expected_low = std::numeric_limits<float>::infinity();
    float expected_high = -expected_low;
    for (std::int32_t position = 16; position < 32; ++position) {
      const auto key = paged.entry(0, 0, position).first;
      if (key.empty()) continue;
      expected_low = std::min(expected_low, key[i]);
      expected_high = std::max(expected_high, key[i]);
    }
    CHECK(low[2 * 16 + i] == expected_low);
    CHECK(high[2 * 16 + i] == expected_high);
    CHECK(low[3 * 16 + i] == 0.0F);
    CHECK(high[3 * 16 + i] == 0.0F);
  }
}

}  // namespace
}  // namespace pagequest::gpu_test
