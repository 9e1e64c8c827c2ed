// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kv/policies/registry.h"
#include "tests/unit/kv/events.h"

/// Policies without a controller, for tests of what they score.
namespace pagequest::testing {

using ParamTexts = std::map<std::string, std::string>;

inline std::unique_ptr<kv::EvictionPolicy> make_policy(std::string_view name,
                                                       const ParamTexts& params,
                                                       const kv::PolicyContext& context) {
  const kv::PolicyEntry& entry = kv::find_policy(name);
  return entry.make(Params(entry.name, entry.params(), params), context);
}

/// Keep scores of the first `count` pages, all of whose tokens are live.
inline std::vector<float> scores_of(const kv::EvictionPolicy& policy, std::int32_t count,
                                    std::int32_t scope = 0, std::int32_t page_size = 1) {
  std::vector<kv::UnitView> units;
  for (std::int32_t page = 0; page < count; ++page) {
    units.push_back({page, {page * page_size, page_size}, page_size});
  }
  std::vector<float> keep(units.size());
  policy.score(scope, units, keep);
  return keep;
}

/// 0, 1, ... count - 1.
inline std::vector<std::int32_t> first_pages(std::int32_t count) {
  std::vector<std::int32_t> pages(static_cast<std::size_t>(count));
  std::iota(pages.begin(), pages.end(), 0);
  return pages;
}

/// A decode step that fills `position`, whose query gives the masses to the tokens 0 to
/// `position`: pages of one token, one layer and KV head, step = position.
template <class Observer>
void decode(Observer& observer, std::int32_t position, const std::vector<float>& masses) {
  fill(observer, position, position, 1);
  attend(observer, position, first_pages(position + 1), masses);
}

}  // namespace pagequest::testing
