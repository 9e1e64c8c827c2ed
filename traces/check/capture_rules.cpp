// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/check/capture_rules.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace pagequest::traces {
namespace {

constexpr float kRounding = 1e-5F;  // of sums of f32 numbers in [-1, 1]

std::size_t count(std::int32_t n) { return static_cast<std::size_t>(std::max(0, n)); }

std::string row_name(std::size_t row, std::size_t kv_heads) {
  return "layer " + std::to_string(row / kv_heads) + ", KV head " + std::to_string(row % kv_heads);
}

/// Whether the query heads' masses on one page reduce to the mean and maximum of their KV head.
bool reduces(const PagesAttended& attended, std::size_t row, std::size_t group, std::size_t page) {
  const std::size_t width = attended.pages.size();
  float sum = 0.0F;
  float most = 0.0F;
  for (std::size_t head = row * group; head < (row + 1) * group; ++head) {
    const float mass = attended.query_head_mass[head * width + page];
    sum += mass;
    most = std::max(most, mass);
  }
  const std::size_t at = row * width + page;
  return std::abs(sum / static_cast<float>(group) - attended.mean[at]) <= kRounding &&
         std::abs(most - attended.max[at]) <= kRounding;
}

void check_query_heads(const PagesAttended& attended, const Header& header, Findings& findings) {
  if (!header.captures.query_heads && attended.query_head_mass.empty()) return;
  const std::size_t rows = count(attended.layers) * count(attended.kv_heads);
  const std::size_t group =
      count(header.query_heads) / std::max<std::size_t>(1, count(header.kv_heads));
  const std::size_t width = attended.pages.size();
  if (attended.query_head_mass.size() != rows * group * width ||
      attended.max.size() != rows * width || attended.mean.size() != rows * width) {
    findings.add("query-heads", "the masses don't fit layers, query heads and pages");
    return;
  }
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t page = 0; page < width; ++page) {
      if (reduces(attended, row, group, page)) continue;
      findings.add("query-heads",
                   row_name(row, count(attended.kv_heads)) + ": the masses on page " +
                       std::to_string(attended.pages[page]) + " don't reduce to mean and maximum");
      break;
    }
  }
}

/// Number of pages before the first that the layer sees.
std::size_t absent_pages(const PagesAttended& attended, std::size_t layer) {
  if (layer >= attended.first_page.size()) return 0;
  return std::min(count(attended.first_page[layer]), attended.pages.size());
}

/// Whether row `row` of threshold `t` has the tokens it may have: of those that it sees the live
/// ones, and of those the ones that reach the threshold before.
bool holds(const PagesAttended& attended, std::size_t t, std::size_t row,
           const std::vector<std::uint64_t>& live) {
  const std::size_t width = live.size();
  const std::size_t rows = count(attended.layers) * count(attended.kv_heads);
  const std::size_t absent = absent_pages(attended, row / count(attended.kv_heads));
  for (std::size_t page = 0; page < width; ++page) {
    const std::uint64_t bits = attended.tokens_above[(t * rows + row) * width + page];
    std::uint64_t allowed = page < absent ? 0 : live[page];
    if (t > 0) allowed &= attended.tokens_above[((t - 1) * rows + row) * width + page];
    if ((bits & ~allowed) != 0) return false;
  }
  return true;
}

void check_token_sets(const PagesAttended& attended, const Header& header,
                      const TokenLedger& tokens, Findings& findings) {
  const std::size_t rows = count(attended.layers) * count(attended.kv_heads);
  const std::size_t width = attended.pages.size();
  if (!std::ranges::equal(attended.thresholds, header.captures.thresholds) ||
      attended.tokens_above.size() != attended.thresholds.size() * rows * width) {
    findings.add("token-sets", "the sets don't fit thresholds, layers, KV heads and pages");
    return;
  }
  if (attended.thresholds.empty()) return;
  std::vector<std::uint64_t> live;
  for (const std::int32_t page : attended.pages) live.push_back(tokens.live_bits(page));
  for (std::size_t t = 0; t < attended.thresholds.size(); ++t) {
    for (std::size_t row = 0; row < rows; ++row) {
      if (holds(attended, t, row, live)) continue;
      findings.add("token-sets", row_name(row, count(attended.kv_heads)) + ", threshold " +
                                     std::to_string(attended.thresholds[t]) +
                                     ": a token that is not live, not seen or below the threshold "
                                     "before");
    }
  }
}

void check_cosines(const PagesAttended& attended, const Header& header, Findings& findings) {
  const auto& cosines = attended.query_cosine;
  if (cosines.empty()) return;
  const bool expected = header.captures.query_cosine && attended.step > 0;
  if (!expected || cosines.size() != count(attended.layers) * count(attended.kv_heads)) {
    findings.add("query-cosine", "cosines of a first step, or not one a layer and KV head");
    return;
  }
  const auto is_cosine = [](float c) { return std::abs(c) <= 1.0F + kRounding; };
  if (!std::all_of(cosines.begin(), cosines.end(), is_cosine)) {
    findings.add("query-cosine", "a cosine is not in [-1, 1]");
  }
}

}  // namespace

void check_captures(const PagesAttended& attended, const Header& header, const TokenLedger& tokens,
                    Findings& findings) {
  if (header.captures.sink_share == attended.sink_share.empty()) {
    findings.add("mass-sum", "the header and the step differ on whether there are sinks");
  }
  check_query_heads(attended, header, findings);
  check_token_sets(attended, header, tokens, findings);
  check_cosines(attended, header, findings);
}

void check_bounds(const KeysBounded& bounded, const Header& header, const TokenLedger& tokens,
                  std::int32_t filled, Findings& findings) {
  const std::string page = "page " + std::to_string(bounded.page);
  const std::int64_t end = (std::int64_t{bounded.page} + 1) * header.page_size;
  const std::int32_t next = tokens.next_position();
  if (end > next || end <= next - filled) {
    findings.add("key-bounds", page + " was not filled to its end in this step");
  } else if (!tokens.page_is_live(bounded.page)) {
    findings.add("key-bounds", page + " has no live token");
  }
  const std::size_t values =
      count(bounded.layers) * count(bounded.kv_heads) * count(bounded.head_dim);
  if (bounded.lowest.size() != values || bounded.highest.size() != values) {
    findings.add("key-bounds", page + ": the bounds don't fit layers, KV heads and components");
    return;
  }
  for (std::size_t i = 0; i < values; ++i) {
    if (bounded.lowest[i] <= bounded.highest[i]) continue;
    findings.add("key-bounds", page + ": a lowest key is above the highest");
    return;
  }
}

}  // namespace pagequest::traces
