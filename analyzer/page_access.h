// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analyzer/decode_steps.h"
#include "base/params.h"

namespace pagequest::analyzer {

/// What counts as an access of a page by a (layer, KV head) in a decode step. Attention touches
/// every page a little, so every statement about locality depends on this choice.
enum class AccessRule : std::uint8_t {
  mass,  // every page whose attention mass is at least the threshold
  top,   // the smallest set of pages that holds at least the threshold's share of the row's mass
};

struct AccessDefinition {
  AccessRule rule = AccessRule::mass;
  std::vector<double> thresholds;  // ascending
  bool group_max = false;          // of the query heads that share a KV head: maximum, or mean
  /// Page 0 (attention sink) and the page being written are in any cache: by default what they get
  /// is counted apart, or every policy would look good.
  bool exclude_resident = true;

  /// A sentence for the descriptions of tables.
  [[nodiscard]] std::string sentence() const;
};

/// The parameters that define an access, followed by an analysis's own.
[[nodiscard]] std::vector<ParamSpec> with_access_params(std::vector<ParamSpec> own);

/// Reads those parameters. Throws usage_error on values that make no sense.
[[nodiscard]] AccessDefinition access_definition(const Params& params);

/// The pages that one row accesses, for all thresholds at once.
class AccessSets {
 public:
  explicit AccessSets(const AccessDefinition& definition);

  /// Takes the row of one (layer, KV head) of a decode step: of the pages that the layer sees.
  void take(const DecodeStep& step, std::int32_t stream);

  /// For the i-th threshold: pages in ascending order, resident ones left out if so defined.
  [[nodiscard]] std::span<const std::int32_t> pages(std::size_t threshold) const {
    return sets_[threshold].pages;
  }
  /// How many accesses of resident pages were left out.
  [[nodiscard]] std::int32_t resident(std::size_t threshold) const {
    return sets_[threshold].resident;
  }

 private:
  struct Set {
    std::vector<std::int32_t> pages;
    std::int32_t resident = 0;
  };
  void take_by_mass(std::span<const std::int32_t> pages, std::span<const float> row);
  void take_top(std::span<const std::int32_t> pages, std::span<const float> row);
  void leave_out_resident(Set& set, const DecodeStep& step) const;

  const AccessDefinition definition_;
  std::vector<Set> sets_;           // one a threshold
  std::vector<std::size_t> order_;  // entries of a row by descending mass
};

}  // namespace pagequest::analyzer
