// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/events.h"

namespace pagequest::kv {

/// The last main step whose largest mean mass on a page reached the controller's threshold; the
/// page's fill step before that. It decides between candidates of equal scores, so it is looked up
/// where two are equal instead of being carried by each.
struct AttendedSteps {
  std::span<const std::int32_t> of_page;
  std::int32_t page_size;

  /// Of a span of filled positions: that of the page attended last.
  [[nodiscard]] std::int32_t last(TokenSpan span) const {
    const auto first = static_cast<std::size_t>(span.first / page_size);
    if (span.count == 1 || (span.count == page_size && span.first % page_size == 0)) {
      return of_page[first];
    }
    const auto last = static_cast<std::size_t>((span.end() - 1) / page_size);
    return std::ranges::max(of_page.subspan(first, last + 1 - first));
  }
};

}  // namespace pagequest::kv
