// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/events.h"

namespace pagequest::simulator {

/// Whether a (layer, KV head) holds a logical page.
using HoldsPage = std::function<bool(std::size_t plane, std::int32_t page)>;

/// The attention of a step as it would be without some of its pages: each row, with what the sinks
/// get, is scaled to sum to 1 again, as a softmax over the remaining keys does if scores stay.
class KeptAttention {
 public:
  /// Valid until the next call. Without token sets, which would need the probability of each token.
  [[nodiscard]] PagesAttended restrict(const PagesAttended& event, const HoldsPage& holds);

 private:
  void list_pages(const PagesAttended& event, const HoldsPage& holds);
  /// Appends the masses of a row of the plane that it keeps, scaled, and 0 for the others.
  void scale(std::size_t plane, std::span<const float> row, double scale,
             std::vector<float>& out) const;
  [[nodiscard]] double kept_mass(std::size_t plane, std::span<const float> row) const;
  void restrict_heads(const PagesAttended& event);

  std::vector<std::size_t> columns_;  // of the pages that a plane keeps
  std::vector<char> held_;            // (layer, KV head, kept page)
  std::vector<std::int32_t> pages_;
  std::vector<std::int32_t> first_page_;
  std::vector<float> mean_;
  std::vector<float> max_;
  std::vector<float> sink_share_;
  std::vector<float> query_head_mass_;
};

}  // namespace pagequest::simulator
