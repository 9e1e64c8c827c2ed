// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Against a dense softmax in double precision (engine/ops/cpu/reference.h) over the same tokens.
#include <algorithm>
#include <numeric>

#include <catch2/catch.hpp>

#include "engine/ops/cpu/kv_layout.h"
#include "tests/unit/ops/attention_case.h"
#include "tests/unit/ops/support.h"

namespace pagequest::ops::test {
namespace {

const std::vector<AttentionShape>& shapes() {
  constexpr auto kBf16 = KvType::bf16;
  constexpr auto kInt8 = KvType::int8;
  static const std::vector<AttentionShape> all{{2, 64, 16, 1, 1},
                                               {2, 64, 16, 1, 500},
                                               {1, 64, 16, 1, 33},
                                               {4, 32, 16, 1, 100},
                                               {2, 64, 16, 33, 200},
                                               {3, 16, 5, 7, 61},
                                               {2, 8, 1, 3, 20},
                                               {9, 24, 64, 5, 300},
                                               {7, 128, 32, 2, 90},
                                               {5, 40, 13, 11, 70},
                                               {2, 64, 16, 64, 1500},
                                               {2, 128, 32, 1, 700, kBf16},
                                               {3, 24, 13, 6, 70, kBf16},
                                               {8, 64, 64, 9, 200, kBf16},
                                               {2, 128, 32, 1, 700, kInt8},
                                               {3, 24, 13, 6, 70, kInt8},
                                               {2, 64, 16, 40, 300, KvType::f32, 48},
                                               {4, 32, 16, 1, 300, kBf16, 17},
                                               {2, 16, 8, 20, 60, KvType::f32, 1},
                                               {8, 64, 16, 5, 200, KvType::f32, 0, true},
                                               {8, 64, 32, 9, 333, kBf16, 128, true},
                                               {1, 8, 16, 3, 50, kInt8, 20, true},
                                               // Pages that share vectors.
                                               {2, 64, 4, 1, 303},
                                               {9, 24, 3, 5, 110},
                                               {2, 64, 4, 33, 205, kBf16, 47},
                                               {3, 16, 2, 7, 61, kInt8, 13, true},
                                               {2, 64, 1, 1, 150, kBf16},
                                               {2, 64, 8, 1, 303, kInt8},
                                               {4, 40, 7, 19, 300, kBf16, 100, true},
                                               {1, 64, 6, 12, 200, KvType::f32, 33},
                                               {2, 64, 16, 1, 500, KvType::f32, 0, false, true},
                                               {2, 8, 1, 3, 40, KvType::f32, 0, false, true},
                                               {9, 24, 64, 5, 300, kBf16, 0, true, true},
                                               {3, 24, 13, 11, 90, kInt8, 0, false, true},
                                               {4, 32, 8, 30, 200, kBf16, 0, false, true},
                                               {2, 64, 4, 33, 205, kBf16, 0, false, true},
                                               {3, 16, 2, 7, 61, kInt8, 0, true, true},
                                               {1, 64, 7, 12, 200, KvType::f32, 0, false, true}};
  return all;
}

std::string describe(const Kernels& kernels, const AttentionShape& shape) {
  return std::string(to_string(kernels.isa)) + " " + std::string(to_string(shape.type)) +
         " group " + std::to_string(shape.group) + " head_dim " + std::to_string(shape.head_dim) +
         " page " + std::to_string(shape.page_size) + " rows " + std::to_string(shape.rows) +
         " context " + std::to_string(shape.context) + " window " + std::to_string(shape.window) +
         (shape.turned ? " turned" : "");
}

TEST_CASE("Attention with holes, windows, sinks and turns equals a dense softmax within 1e-5") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const double holes = GENERATE(0.0, 0.3, 0.95);
  for (const AttentionShape& shape : shapes()) {
    const std::int64_t capture_rows = std::min<std::int64_t>(8, shape.rows);
    AttentionCase one(shape, holes, 17);
    one.run(*kernels, capture_rows);
    CAPTURE(describe(*kernels, shape), holes);
    CHECK(one.output_error() < 1e-5);
    CHECK(one.mass_error(capture_rows) < 1e-5);
    CHECK(one.wrong_token_bits(capture_rows) == 0);
  }
}

TEST_CASE("Page masses and the sink share of a row sum to 1") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  for (const AttentionShape& shape : shapes()) {
    AttentionCase one(shape, 0.3, 23);
    one.run(*kernels, 1);
    const double total = std::accumulate(one.mean().begin(), one.mean().end(), 0.0);
    CAPTURE(describe(*kernels, shape));
    CHECK(total + one.sink_share() == Approx(1.0).margin(1e-5));
    CHECK((one.sink_share() > 0.0F) == shape.sinks);
  }
}

TEST_CASE("Outputs have the same bits with and without capture") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  for (const AttentionShape& shape : shapes()) {
    AttentionCase one(shape, 0.2, 5);
    one.run(*kernels, 1);
    const std::vector<float> with_capture = one.out();
    one.run(*kernels, 0);
    CHECK(one.out() == with_capture);
  }
}

TEST_CASE("A row has the same bits in a chunk and as a decode step") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  for (const AttentionShape& shape : shapes()) {
    AttentionCase one(shape, 0.2, 9);
    one.run(*kernels, 0);
    const std::vector<float> together = one.out();
    for (std::int64_t row = 0; row < shape.rows; ++row) one.run_row(*kernels, row);
    CAPTURE(describe(*kernels, shape));
    CHECK(one.out() == together);
  }
}

TEST_CASE("Scores far apart neither overflow nor lose the largest") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const KvLayout layout{KvType::f32, 8, 16};
  std::vector<std::byte> memory(static_cast<std::size_t>(layout.block_bytes()));
  for (std::int64_t t = 0; t < 16; ++t) {
    const std::vector<float> key(8, t == 5 ? 100.0F : -100.0F);
    const std::vector<float> value(8, static_cast<float>(t));
    layout.store(memory.data(), t, key.data(), value.data());
  }
  const AttendedPage page{0xFFFF, 0, 0};
  const std::vector<float> query(8, 100.0F);
  std::vector<float> out(8);
  std::vector<float> scratch(static_cast<std::size_t>(attention_scratch_floats(1, layout, 1)));
  kernels->attention({.queries = query.data(),
                      .rows = 1,
                      .query_stride = 8,
                      .group = 1,
                      .first_position = 15,
                      .window = 0,
                      .scale = 1.0F,
                      .sinks = nullptr,
                      .shape = layout.shape(),
                      .kv = memory.data(),
                      .page_stride = layout.block_bytes(),
                      .pages = &page,
                      .page_count = 1,
                      .out = out.data(),
                      .out_stride = 8,
                      .capture = {},
                      .scratch = scratch.data()});
  CHECK(out == std::vector<float>(8, 5.0F));
}

}  // namespace
}  // namespace pagequest::ops::test
