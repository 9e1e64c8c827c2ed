// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/check/window_rules.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

namespace pagequest::traces {
namespace {

/// First page of which a query at `position` sees a token.
std::int32_t first_page_in(std::int32_t window, std::int32_t position, std::int32_t page_size) {
  if (window == 0) return 0;
  return std::max(0, position - (window - 1)) / page_size;
}

bool has_mass(std::span<const float> values, std::size_t first_row, std::size_t rows,
              std::size_t width, std::size_t absent) {
  for (std::size_t row = first_row; row < first_row + rows; ++row) {
    const auto hidden = values.subspan(row * width, absent);
    if (std::any_of(hidden.begin(), hidden.end(), [](float mass) { return mass != 0.0F; })) {
      return true;
    }
  }
  return false;
}

void check_layer(const PagesAttended& attended, const Header& header, std::size_t layer,
                 std::int32_t first_query, Findings& findings) {
  const auto absent = static_cast<std::size_t>(attended.first_page[layer]);
  const std::string name = "layer " + std::to_string(layer);
  if (absent > attended.pages.size()) {
    findings.add("windows", name + ": its first page is none of the step's");
    return;
  }
  const std::int32_t seen = first_page_in(header.windows[layer], first_query, header.page_size);
  if (absent > 0 && attended.pages[absent - 1] >= seen) {
    findings.add("windows", name + ": page " + std::to_string(attended.pages[absent - 1]) +
                                " is in its window and not seen");
  }
  const std::size_t width = attended.pages.size();
  const auto heads = static_cast<std::size_t>(attended.kv_heads);
  if (attended.max.size() < (layer + 1) * heads * width) return;  // the masses' own rules say so
  if (has_mass(attended.mean, layer * heads, heads, width, absent) ||
      has_mass(attended.max, layer * heads, heads, width, absent)) {
    findings.add("windows", name + ": mass on a page that it does not see");
  }
}

}  // namespace

std::int32_t first_page_in_windows(const Header& header, std::int32_t position) {
  if (header.windows.empty() || header.page_size < 1) return 0;
  std::int32_t first = first_page_in(header.windows.front(), position, header.page_size);
  for (const std::int32_t window : header.windows) {
    first = std::min(first, first_page_in(window, position, header.page_size));
  }
  return first;
}

void check_windows(const PagesAttended& attended, const Header& header, std::int32_t next_position,
                   Findings& findings) {
  const auto layers = static_cast<std::size_t>(std::max(0, attended.layers));
  const std::size_t expected = header.has_windows() ? header.windows.size() : 0;
  if (attended.first_page.size() != expected || (expected > 0 && expected != layers)) {
    findings.add("windows", "the first pages don't fit the layers and windows of the header");
    return;
  }
  for (std::size_t layer = 0; layer < attended.first_page.size(); ++layer) {
    check_layer(attended, header, layer, next_position - attended.query_rows, findings);
  }
}

}  // namespace pagequest::traces
