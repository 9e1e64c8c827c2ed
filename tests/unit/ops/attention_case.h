// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/reference.h"
#include "engine/ops/cpu/rope_table.h"

namespace pagequest::ops::test {

struct AttentionShape {
  std::int64_t group, head_dim, page_size, rows, context;  // context includes the rows
  KvType type = KvType::f32;
  std::int32_t window = 0;
  bool sinks = false;
  bool turned = false;  // keys count as later than they are stored, within pages by rows
};

/// One sequence with holes in shuffled physical pages, and what a kernel made of it. The dense
/// softmax in double precision (engine/ops/cpu/reference.h) sees the keys and values as stored, or
/// the keys as stored and then turned.
class AttentionCase {
 public:
  AttentionCase(const AttentionShape& shape, double hole_share, std::uint64_t seed);

  /// Runs all rows at once, capturing the last `capture_rows`; 0: no capture.
  void run(const Kernels& kernels, std::int64_t capture_rows);
  /// Runs one row of the sequence as a decode step would; the others stay as they are.
  void run_row(const Kernels& kernels, std::int64_t row);

  /// Largest deviation of the outputs from the dense softmax.
  [[nodiscard]] double output_error() const;
  /// Largest deviation of the captured masses, the sink share and the masses by query head.
  [[nodiscard]] double mass_error(std::int64_t capture_rows) const;
  /// Tokens whose bit differs from the dense softmax, but for those within 1e-5 of a threshold.
  [[nodiscard]] std::int64_t wrong_token_bits(std::int64_t capture_rows) const;

  [[nodiscard]] const std::vector<float>& out() const { return out_; }
  [[nodiscard]] const std::vector<float>& mean() const { return mean_; }
  [[nodiscard]] float sink_share() const { return sink_share_; }

 private:
  [[nodiscard]] std::int64_t first_row() const { return shape_.context - shape_.rows; }
  [[nodiscard]] AttentionArgs args(std::int64_t row, std::int64_t rows);
  void fill_pages(Rng& rng);
  /// Random turns: of whole pages, some alike their neighbours, and of parts of pages.
  void turn_pages(Rng& rng);
  void add_turn(std::size_t page, std::uint64_t rows, std::int32_t positions);
  [[nodiscard]] reference::Attended dense(std::int64_t vector) const;
  /// (page, head of the group), averaged over the captured rows.
  [[nodiscard]] std::vector<double> dense_masses(std::int64_t capture_rows) const;

  AttentionShape shape_;
  KvLayout layout_;
  std::vector<float> keys_, values_, queries_, sinks_;
  std::vector<std::byte> memory_;
  std::vector<bool> live_;
  std::vector<AttendedPage> pages_;
  RopeTable rope_;
  std::vector<TurnedPages> turns_;
  std::vector<float> turned_keys_;  // what keys_ count as
  std::vector<float> scratch_;
  std::vector<float> out_, mean_, max_, head_mass_;
  std::vector<float> thresholds_{1e-3F, 2e-2F};
  std::vector<std::uint64_t> tokens_above_;
  float sink_share_ = 0.0F;
};

}  // namespace pagequest::ops::test
