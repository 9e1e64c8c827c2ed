// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analyzer/decode_steps.h"
#include "analyzer/page_access.h"

namespace pagequest::analyzer {

/// The pages that a decode step could access: those with live tokens in the layer's window, without
/// the always-resident ones if the definition excludes them.
class Candidates {
 public:
  explicit Candidates(const AccessDefinition& definition)
      : exclude_resident_(definition.exclude_resident) {}

  void take(const DecodeStep& step) {
    pages_.assign(step.attention->pages.begin(), step.attention->pages.end());
    if (!exclude_resident_) return;
    std::erase_if(pages_, [&step](std::int32_t page) { return step.is_resident(page); });
  }
  /// Those that the layer of a stream sees, of the step that was taken last.
  [[nodiscard]] std::span<const std::int32_t> pages(const DecodeStep& step,
                                                    std::int32_t stream) const {
    const std::span<const std::int32_t> all = pages_;
    if (step.hidden_pages(stream) == 0) return all;
    const auto seen = step.pages(stream);
    if (seen.empty()) return {};
    const auto first = std::lower_bound(all.begin(), all.end(), seen.front());
    return all.subspan(static_cast<std::size_t>(first - all.begin()));
  }

 private:
  bool exclude_resident_;
  std::vector<std::int32_t> pages_;
};

}  // namespace pagequest::analyzer
