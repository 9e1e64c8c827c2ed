// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/event_sink.h"
#include "tests/reference/families/fixture.h"

namespace pagequest::reference {

/// Attention of the mean of a few rows. Pages that a layer does not see have mass 0.
struct MassWindow {
  std::vector<float> mean;               // (layer, KV head, page of the whole sequence)
  std::vector<float> max;                // the same
  std::vector<float> sink_share;         // (layer, KV head); empty: the model has no sinks
  std::vector<std::int32_t> first_page;  // (layer): first that it sees
};

/// Largest deviation; infinite when the shapes differ.
[[nodiscard]] double worst_difference(const MassWindow& a, const MassWindow& b);

/// Keeps the PagesAttended events of one sequence by their rows.
class CapturedMasses final : public EventSink {
 public:
  /// `tokens` of the whole sequence, in pages of 16.
  explicit CapturedMasses(std::int32_t tokens) : pages_((tokens + 15) / 16) {}

  void on(const Event& event) override;

  /// None when no step captured exactly these rows.
  [[nodiscard]] const MassWindow* find(std::int32_t first_row, std::int32_t rows) const;

 private:
  void keep(const PagesAttended& attended);

  std::int32_t pages_;
  std::int32_t end_ = 0;  // position behind the last filled token
  std::map<std::pair<std::int32_t, std::int32_t>, MassWindow> windows_;
};

/// The mass.* tensors of a fixture.
class ExpectedMasses {
 public:
  explicit ExpectedMasses(const Expected& expected);

  [[nodiscard]] std::size_t windows() const { return rows_.size() / 2; }
  [[nodiscard]] std::int32_t first_row(std::size_t window) const { return rows_[2 * window]; }
  [[nodiscard]] std::int32_t rows(std::size_t window) const { return rows_[2 * window + 1]; }
  [[nodiscard]] const MassWindow& window(std::size_t window) const { return masses_[window]; }

 private:
  std::vector<std::int32_t> rows_;  // (window, 2)
  std::vector<MassWindow> masses_;
};

}  // namespace pagequest::reference
