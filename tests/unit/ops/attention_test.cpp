// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Against a dense softmax in double precision (engine/ops/cpu/reference.h) over the same tokens.
#include <algorithm>
#include <numeric>

#include <catch2/catch.hpp>

#include "engine/ops/cpu/kv_layout.h"
#include "engine/ops/cpu/reference.h"
#include "tests/unit/ops/support.h"

namespace pagequest::ops::test {
namespace {

struct Shape {
  std::int64_t group, head_dim, page_size, rows, context;  // context includes the rows
};

/// One sequence with holes in shuffled physical pages, and what the kernel made of it.
class Case {
 public:
  Case(const Shape& shape, double hole_share, std::uint64_t seed)
      : shape_(shape), layout_{2, shape.head_dim, shape.page_size} {
    Rng rng(seed);
    keys_ = random_floats(shape.context * shape.head_dim, seed + 1, 2.0);
    values_ = random_floats(shape.context * shape.head_dim, seed + 2);
    queries_ = random_floats(shape.rows * shape.group * shape.head_dim, seed + 3, 2.0);
    const std::int64_t first_row = shape.context - shape.rows;
    for (std::int64_t t = 0; t < shape.context; ++t) {
      live_.push_back(t >= first_row || !rng.chance(hole_share));
    }
    fill_pages(rng);
  }

  void run(const Kernels& kernels, bool capture, std::int64_t capture_rows) {
    const std::int64_t count = static_cast<std::int64_t>(pages_.size());
    out_.assign(queries_.size(), 0.0F);
    mean_.assign(pages_.size(), -1.0F);
    max_.assign(pages_.size(), -1.0F);
    // Garbage in the scratch memory must not matter.
    std::vector<float> scratch(static_cast<std::size_t>(attention_scratch_floats(
                                   count, layout_.token_stride(), shape_.group, shape_.head_dim)),
                               1e30F);
    const AttentionArgs args{.queries = queries_.data(),
                             .rows = shape_.rows,
                             .query_stride = shape_.group * shape_.head_dim,
                             .group = shape_.group,
                             .head_dim = shape_.head_dim,
                             .first_position = static_cast<std::int32_t>(first_row()),
                             .scale = static_cast<float>(scale()),
                             .kv = memory_.data() + layout_.block_floats(),
                             .page_stride = layout_.page_floats(),
                             .page_size = shape_.page_size,
                             .token_stride = layout_.token_stride(),
                             .value_stride = layout_.value_stride(),
                             .pages = pages_.data(),
                             .page_count = count,
                             .out = out_.data(),
                             .out_stride = shape_.group * shape_.head_dim,
                             .mean = mean_.data(),
                             .max = max_.data(),
                             .capture_rows = capture_rows,
                             .scratch = scratch.data()};
    (capture ? kernels.attention_with_capture : kernels.attention)(args);
  }

  /// Largest deviation of the outputs from the dense softmax.
  [[nodiscard]] double output_error() const {
    double worst = 0.0;
    for (std::int64_t v = 0; v < shape_.rows * shape_.group; ++v) {
      const auto expected = dense(v).output;
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const float got = out_[static_cast<std::size_t>(v * shape_.head_dim) + i];
        worst = std::max(worst, std::abs(got - expected[i]));
      }
    }
    return worst;
  }

  /// Largest deviation of the captured masses from the dense softmax.
  [[nodiscard]] double mass_error(std::int64_t capture_rows) const {
    double worst = 0.0;
    std::vector<double> by_head(pages_.size() * static_cast<std::size_t>(shape_.group));
    for (std::int64_t row = shape_.rows - capture_rows; row < shape_.rows; ++row) {
      for (std::int64_t head = 0; head < shape_.group; ++head) {
        const auto weights = dense(row * shape_.group + head).weights;
        for (std::size_t t = 0; t < weights.size(); ++t) {
          by_head[index_of_page(t) * static_cast<std::size_t>(shape_.group) +
                  static_cast<std::size_t>(head)] += weights[t] / static_cast<double>(capture_rows);
        }
      }
    }
    for (std::size_t p = 0; p < pages_.size(); ++p) {
      const auto first = by_head.begin() + static_cast<std::ptrdiff_t>(p) * shape_.group;
      const auto end = first + shape_.group;
      const double mean = std::accumulate(first, end, 0.0) / static_cast<double>(shape_.group);
      worst = std::max(
          {worst, std::abs(mean_[p] - mean), std::abs(max_[p] - *std::max_element(first, end))});
    }
    return worst;
  }

  [[nodiscard]] const std::vector<float>& out() const { return out_; }
  [[nodiscard]] const std::vector<float>& mean() const { return mean_; }

 private:
  [[nodiscard]] std::int64_t first_row() const { return shape_.context - shape_.rows; }
  [[nodiscard]] double scale() const {
    return 1.0 / std::sqrt(static_cast<double>(shape_.head_dim));
  }

  /// Listed page of a token; tokens of pages without a live token get page 0, with weight 0.
  [[nodiscard]] std::size_t index_of_page(std::size_t token) const {
    for (std::size_t p = 0; p < pages_.size(); ++p) {
      const auto offset = static_cast<std::int64_t>(token) - pages_[p].first_position;
      if (offset >= 0 && offset < shape_.page_size) return p;
    }
    return 0;
  }

  void fill_pages(Rng& rng) {
    const std::int64_t count = (shape_.context + shape_.page_size - 1) / shape_.page_size;
    std::vector<std::int32_t> physical(static_cast<std::size_t>(count + 3));
    std::iota(physical.begin(), physical.end(), 0);
    rng.shuffle(physical);
    // What other sequences left in the memory must not matter.
    memory_.assign(static_cast<std::size_t>((count + 3) * layout_.page_floats()), 77.0F);
    for (std::int64_t p = 0; p < count; ++p) {
      AttendedPage page{0, physical[static_cast<std::size_t>(p)],
                        static_cast<std::int32_t>(p * shape_.page_size)};
      float* block =
          memory_.data() + page.physical * layout_.page_floats() + layout_.block_floats();
      for (std::int64_t slot = 0; slot < shape_.page_size; ++slot) {
        const std::int64_t token = page.first_position + slot;
        if (token >= shape_.context || !live_[static_cast<std::size_t>(token)]) continue;
        page.live |= 1ULL << slot;
        layout_.store(block, slot, keys_.data() + token * shape_.head_dim,
                      values_.data() + token * shape_.head_dim);
      }
      if (page.live != 0) pages_.push_back(page);
    }
  }

  [[nodiscard]] reference::Attended dense(std::int64_t vector) const {
    std::vector<bool> visible = live_;
    const std::int64_t position = first_row() + vector / shape_.group;
    for (std::int64_t t = position + 1; t < shape_.context; ++t) {
      visible[static_cast<std::size_t>(t)] = false;
    }
    const std::span<const float> query(queries_.data() + vector * shape_.head_dim,
                                       static_cast<std::size_t>(shape_.head_dim));
    return reference::attention(query, keys_, values_, visible, scale());
  }

  Shape shape_;
  KvLayout layout_;
  std::vector<float> keys_, values_, queries_, memory_;
  std::vector<bool> live_;
  std::vector<AttendedPage> pages_;
  std::vector<float> out_, mean_, max_;
};

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all{
      {2, 64, 16, 1, 1},    {2, 64, 16, 1, 500},  {1, 64, 16, 1, 33},  {4, 32, 16, 1, 100},
      {2, 64, 16, 64, 64},  {2, 64, 16, 33, 200}, {3, 16, 5, 7, 61},   {2, 8, 1, 3, 20},
      {9, 24, 64, 5, 300},  {7, 128, 32, 2, 90},  {5, 40, 13, 11, 70}, {8, 64, 64, 1, 130},
      {2, 64, 16, 64, 1500}};
  return all;
}

TEST_CASE("Attention with holes equals a dense softmax within 1e-5") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const double holes = GENERATE(0.0, 0.3, 0.95);
  for (const Shape& shape : shapes()) {
    const std::int64_t capture_rows = std::min<std::int64_t>(8, shape.rows);
    Case one(shape, holes, 17);
    one.run(*kernels, /*capture=*/true, capture_rows);
    CAPTURE(to_string(kernels->isa), holes, shape.group, shape.head_dim, shape.page_size,
            shape.rows, shape.context);
    CHECK(one.output_error() < 1e-5);
    CHECK(one.mass_error(capture_rows) < 1e-5);
    const double total = std::accumulate(one.mean().begin(), one.mean().end(), 0.0);
    CHECK(total == Approx(1.0).margin(1e-5));
  }
}

TEST_CASE("Outputs have the same bits with and without capture") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  for (const Shape& shape : shapes()) {
    Case one(shape, 0.2, 5);
    one.run(*kernels, /*capture=*/true, 1);
    const std::vector<float> with_capture = one.out();
    one.run(*kernels, /*capture=*/false, 1);
    CHECK(one.out() == with_capture);
    CHECK(one.mean() == std::vector<float>(one.mean().size(), -1.0F));
  }
}

TEST_CASE("Scores far apart neither overflow nor lose the largest") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const KvLayout layout{1, 8, 16};
  std::vector<float> memory(static_cast<std::size_t>(layout.page_floats()), 0.0F);
  for (std::int64_t t = 0; t < 16; ++t) {
    const std::vector<float> key(8, t == 5 ? 100.0F : -100.0F);
    const std::vector<float> value(8, static_cast<float>(t));
    layout.store(memory.data(), t, key.data(), value.data());
  }
  const AttendedPage page{0xFFFF, 0, 0};
  const std::vector<float> query(8, 100.0F);
  std::vector<float> out(8);
  std::vector<float> scratch(static_cast<std::size_t>(attention_scratch_floats(1, 16, 1, 8)));
  kernels->attention({.queries = query.data(),
                      .rows = 1,
                      .query_stride = 8,
                      .group = 1,
                      .head_dim = 8,
                      .first_position = 15,
                      .scale = 1.0F,
                      .kv = memory.data(),
                      .page_stride = layout.page_floats(),
                      .page_size = 16,
                      .token_stride = layout.token_stride(),
                      .value_stride = layout.value_stride(),
                      .pages = &page,
                      .page_count = 1,
                      .out = out.data(),
                      .out_stride = 8,
                      .mean = nullptr,
                      .max = nullptr,
                      .capture_rows = 1,
                      .scratch = scratch.data()});
  CHECK(out == std::vector<float>(8, 5.0F));
}

}  // namespace
}  // namespace pagequest::ops::test
