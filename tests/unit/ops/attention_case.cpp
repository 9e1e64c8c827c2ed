// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/ops/attention_case.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "tests/unit/ops/support.h"

namespace pagequest::ops::test {

namespace {

constexpr double kTheta = 100.0;
constexpr std::int32_t kMostTurn = 3000;  // positions

RopeTable rope_table(std::int64_t head_dim) {
  std::vector<float> frequencies;
  for (std::int64_t i = 0; i < head_dim / 2; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(head_dim);
    frequencies.push_back(1.0F / static_cast<float>(std::pow(kTheta, exponent)));
  }
  return RopeTable(std::move(frequencies));
}

}  // namespace

AttentionCase::AttentionCase(const AttentionShape& shape, double hole_share, std::uint64_t seed)
    : shape_(shape),
      layout_{shape.type, shape.head_dim, shape.page_size},
      rope_(rope_table(shape.head_dim)) {
  Rng rng(seed);
  keys_ = random_floats(shape.context * shape.head_dim, seed + 1, 2.0);
  values_ = random_floats(shape.context * shape.head_dim, seed + 2);
  queries_ = random_floats(shape.rows * shape.group * shape.head_dim, seed + 3, 2.0);
  if (shape.sinks) sinks_ = random_floats(shape.group, seed + 4, 3.0);
  for (std::int64_t t = 0; t < shape.context; ++t) {
    live_.push_back(t >= first_row() || !rng.chance(hole_share));
  }
  fill_pages(rng);
  turned_keys_ = keys_;
  if (shape.turned) turn_pages(rng);
  out_.assign(queries_.size(), 0.0F);
}

void AttentionCase::turn_pages(Rng& rng) {
  rope_.reserve(kMostTurn);
  for (std::size_t page = 0; page < pages_.size(); ++page) {
    const auto positions = static_cast<std::int32_t>(rng.below(kMostTurn));
    const std::uint64_t part = rng.next() & pages_[page].live;
    if (rng.chance(0.4)) {
      add_turn(page, ~0ULL, positions);
    } else if (!turns_.empty() && turns_.back().rows == ~0ULL && rng.chance(0.5)) {
      add_turn(page, ~0ULL, turns_.back().positions);
    } else if (part != 0 && part != pages_[page].live) {
      add_turn(page, part, positions);
      add_turn(page, ~part, 0);
    } else {
      add_turn(page, ~0ULL, 0);
    }
  }
}

void AttentionCase::add_turn(std::size_t page, std::uint64_t rows, std::int32_t positions) {
  const auto number = static_cast<std::int64_t>(page);
  const bool goes_on = rows == ~0ULL && !turns_.empty() && turns_.back().rows == rows &&
                       turns_.back().positions == positions;
  if (goes_on) {
    turns_.back().end = number + 1;
  } else {
    turns_.push_back({number, number + 1, rows, positions});
  }
  const auto head_dim = static_cast<std::size_t>(shape_.head_dim);
  for (std::uint64_t left = rows & pages_[page].live; left != 0; left &= left - 1) {
    const auto token =
        static_cast<std::size_t>(pages_[page].first_position + std::countr_zero(left));
    const auto key = std::span(turned_keys_).subspan(token * head_dim, head_dim);
    const auto turned = reference::rope(key, positions, kTheta);
    std::transform(turned.begin(), turned.end(), key.begin(),
                   [](double value) { return static_cast<float>(value); });
  }
}

void AttentionCase::fill_pages(Rng& rng) {
  const std::int64_t count = (shape_.context + shape_.page_size - 1) / shape_.page_size;
  std::vector<std::int32_t> physical(static_cast<std::size_t>(count + 3));
  std::iota(physical.begin(), physical.end(), 0);
  rng.shuffle(physical);
  memory_.resize(static_cast<std::size_t>((count + 3) * layout_.block_bytes()));
  // What other sequences left in the memory must not matter.
  const std::vector<float> stale(static_cast<std::size_t>(shape_.head_dim), 77.0F);
  for (std::int64_t slot = 0; slot < (count + 3) * shape_.page_size; ++slot) {
    layout_.store(memory_.data() + slot / shape_.page_size * layout_.block_bytes(),
                  slot % shape_.page_size, stale.data(), stale.data());
  }
  for (std::int64_t p = 0; p < count; ++p) {
    AttendedPage page{0, physical[static_cast<std::size_t>(p)],
                      static_cast<std::int32_t>(p * shape_.page_size)};
    std::byte* block = memory_.data() + page.physical * layout_.block_bytes();
    for (std::int64_t slot = 0; slot < shape_.page_size; ++slot) {
      const std::int64_t token = page.first_position + slot;
      if (token >= shape_.context || !live_[static_cast<std::size_t>(token)]) continue;
      page.live |= 1ULL << slot;
      float* key = keys_.data() + token * shape_.head_dim;
      float* value = values_.data() + token * shape_.head_dim;
      layout_.store(block, slot, key, value);
      layout_.read(block, slot, key, value);
    }
    if (page.live != 0) pages_.push_back(page);
  }
}

AttentionArgs AttentionCase::args(std::int64_t row, std::int64_t rows) {
  // Garbage in the scratch memory must not matter.
  scratch_.assign(
      static_cast<std::size_t>(attention_scratch_floats(std::ssize(pages_), layout_, shape_.group)),
      1e30F);
  const std::int64_t width = shape_.group * shape_.head_dim;
  return {.queries = queries_.data() + row * width,
          .rows = rows,
          .query_stride = width,
          .group = shape_.group,
          .first_position = static_cast<std::int32_t>(first_row() + row),
          .window = shape_.window,
          .scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape_.head_dim))),
          .sinks = shape_.sinks ? sinks_.data() : nullptr,
          .shape = layout_.shape(),
          .kv = memory_.data(),
          .page_stride = layout_.block_bytes(),
          .pages = pages_.data(),
          .page_count = std::ssize(pages_),
          .out = out_.data() + row * width,
          .out_stride = width,
          .capture = {},
          .scratch = scratch_.data(),
          .turns = {.runs = turns_.data(),
                    .count = std::ssize(turns_),
                    .cosines = rope_.cosines(0),
                    .sines = rope_.sines(0)}};
}

void AttentionCase::run(const Kernels& kernels, std::int64_t capture_rows) {
  out_.assign(queries_.size(), 0.0F);
  AttentionArgs all = args(0, shape_.rows);
  if (capture_rows == 0) return kernels.attention(all);
  const std::int64_t pages = std::ssize(pages_);
  mean_.assign(pages_.size(), -1.0F);
  max_.assign(pages_.size(), -1.0F);
  head_mass_.assign(pages_.size() * static_cast<std::size_t>(shape_.group), -1.0F);
  tokens_above_.assign(pages_.size() * thresholds_.size(), ~0ULL);
  all.capture = {.rows = capture_rows,
                 .mean = mean_.data(),
                 .max = max_.data(),
                 .head_mass = head_mass_.data(),
                 .head_stride = pages,
                 .sink_share = &sink_share_,
                 .thresholds = thresholds_.data(),
                 .threshold_count = std::ssize(thresholds_),
                 .tokens_above = tokens_above_.data(),
                 .above_stride = pages};
  kernels.attention_with_capture(all);
}

void AttentionCase::run_row(const Kernels& kernels, std::int64_t row) {
  kernels.attention(args(row, 1));
}

reference::Attended AttentionCase::dense(std::int64_t vector) const {
  std::vector<bool> visible = live_;
  const std::int64_t position = first_row() + vector / shape_.group;
  for (std::int64_t t = 0; t < shape_.context; ++t) {
    const bool left = shape_.window > 0 && t <= position - shape_.window;
    if (t > position || left) visible[static_cast<std::size_t>(t)] = false;
  }
  const std::span<const float> query(queries_.data() + vector * shape_.head_dim,
                                     static_cast<std::size_t>(shape_.head_dim));
  std::optional<double> sink;
  if (shape_.sinks) sink = sinks_[static_cast<std::size_t>(vector % shape_.group)];
  return reference::attention(query, turned_keys_, values_, visible,
                              1.0 / std::sqrt(static_cast<double>(shape_.head_dim)), sink);
}

double AttentionCase::output_error() const {
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

std::vector<double> AttentionCase::dense_masses(std::int64_t capture_rows) const {
  const auto group = static_cast<std::size_t>(shape_.group);
  std::vector<double> masses(pages_.size() * group);
  for (std::int64_t row = shape_.rows - capture_rows; row < shape_.rows; ++row) {
    for (std::size_t head = 0; head < group; ++head) {
      const auto weights = dense(row * shape_.group + static_cast<std::int64_t>(head)).weights;
      for (std::size_t p = 0; p < pages_.size(); ++p) {
        for (std::int64_t slot = 0; slot < shape_.page_size; ++slot) {
          const auto token = static_cast<std::size_t>(pages_[p].first_position + slot);
          if (token >= weights.size()) continue;
          masses[p * group + head] += weights[token] / static_cast<double>(capture_rows);
        }
      }
    }
  }
  return masses;
}

double AttentionCase::mass_error(std::int64_t capture_rows) const {
  const std::vector<double> masses = dense_masses(capture_rows);
  const auto group = static_cast<std::size_t>(shape_.group);
  double worst = 0.0;
  for (std::size_t p = 0; p < pages_.size(); ++p) {
    const auto first = masses.begin() + static_cast<std::ptrdiff_t>(p * group);
    const auto end = first + shape_.group;
    const double mean = std::accumulate(first, end, 0.0) / static_cast<double>(group);
    worst = std::max(
        {worst, std::abs(mean_[p] - mean), std::abs(max_[p] - *std::max_element(first, end))});
    for (std::size_t head = 0; head < group; ++head) {
      worst = std::max(worst, std::abs(head_mass_[head * pages_.size() + p] -
                                       first[static_cast<std::ptrdiff_t>(head)]));
    }
  }
  const double total = std::accumulate(masses.begin(), masses.end(), 0.0);
  return std::max(worst, std::abs(sink_share_ - (1.0 - total / static_cast<double>(group))));
}

std::int64_t AttentionCase::wrong_token_bits(std::int64_t capture_rows) const {
  std::vector<double> most(static_cast<std::size_t>(shape_.context));
  for (std::int64_t v = (shape_.rows - capture_rows) * shape_.group; v < shape_.rows * shape_.group;
       ++v) {
    const auto weights = dense(v).weights;
    for (std::size_t t = 0; t < most.size(); ++t) most[t] = std::max(most[t], weights[t]);
  }
  std::int64_t wrong = 0;
  for (std::size_t i = 0; i < thresholds_.size(); ++i) {
    for (std::size_t p = 0; p < pages_.size(); ++p) {
      for (std::int64_t slot = 0; slot < 64; ++slot) {
        const auto token = static_cast<std::size_t>(pages_[p].first_position + slot);
        const bool in_page = slot < shape_.page_size && token < most.size();
        const double probability = in_page ? most[token] : 0.0;
        if (std::abs(probability - thresholds_[i]) < 1e-5) continue;
        const bool bit = (tokens_above_[i * pages_.size() + p] >> slot & 1U) != 0;
        wrong += bit == (probability >= thresholds_[i]) ? 0 : 1;
      }
    }
  }
  return wrong;
}

}  // namespace pagequest::ops::test
