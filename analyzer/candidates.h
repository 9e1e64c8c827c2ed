// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyzer/decode_steps.h"
#include "analyzer/page_access.h"

namespace pagequest::analyzer {

/// The pages that a decode step could access: those with live tokens, without the always-resident
/// ones if the definition excludes them.
class Candidates {
 public:
  explicit Candidates(const AccessDefinition& definition)
      : exclude_resident_(definition.exclude_resident) {}

  void take(const DecodeStep& step) {
    pages_.assign(step.attention->pages.begin(), step.attention->pages.end());
    if (!exclude_resident_) return;
    std::erase_if(pages_, [&step](std::int32_t page) { return step.is_resident(page); });
  }
  [[nodiscard]] std::span<const std::int32_t> pages() const { return pages_; }

 private:
  bool exclude_resident_;
  std::vector<std::int32_t> pages_;
};

}  // namespace pagequest::analyzer
