// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tests/unit/kv/policy_scores.h"

/// What a policy with a rule says, without a controller.
namespace pagequest::testing {

/// A page and the bits that an element of its keys and values gets.
struct StoredAs {
  std::int32_t page;
  std::int32_t key_bits;
  std::int32_t value_bits;
  bool operator==(const StoredAs&) const = default;
};

struct Judged {
  std::vector<std::int32_t> dropped;  // pages
  std::vector<StoredAs> stored;
};

/// Of the pages that are given, all of whose tokens are live.
inline Judged judged(const kv::EvictionPolicy& policy, const std::vector<std::int32_t>& pages,
                     std::int32_t page_size = 1, std::int32_t scope = 0) {
  std::vector<kv::UnitView> units;
  for (const std::int32_t page : pages) {
    units.push_back({page, {page * page_size, page_size}, page_size});
  }
  kv::Verdict verdict;
  policy.judge(scope, units, verdict);
  Judged out;
  for (const std::size_t i : verdict.dropped) out.dropped.push_back(units[i].id);
  for (const auto& [i, precision] : verdict.stored) {
    out.stored.push_back({units[i].id, precision.key_bits, precision.value_bits});
  }
  return out;
}

/// Tells the observer that the span is stored with these bits now.
template <class Observer>
void requantise(Observer& observer, TokenSpan span, const kv::Precision& precision,
                kv::Scope scope = {.layer = 0, .kv_head = 0}) {
  observer.observe(TokensRequantised{.episode = EpisodeId{0},
                                     .step = 0,
                                     .turn = 0,
                                     .layer = scope.layer,
                                     .kv_head = scope.kv_head,
                                     .span = span,
                                     .tokens = span.count,
                                     .key_bits = precision.key_bits,
                                     .value_bits = precision.value_bits});
}

}  // namespace pagequest::testing
