// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/model/tokenizer/flat_map.h"

namespace pagequest::model::tokenizer {

/// Byte-pair encoding's merges (Sennrich et al. 2016, "Neural Machine Translation of Rare Words
/// with Subword Units", section 3.2): pairs of neighbouring tokens that become one, by rank.
class Merges {
 public:
  struct Result {
    std::uint32_t rank = 0;
    std::int32_t id = 0;
  };

  /// A pair that is given again takes the later rank.
  void add(std::int32_t left, std::int32_t right, Result result);

  /// Merges `ids` from position `begin` to the end: the pair of least rank first, the leftmost of
  /// equals, until no pair is left. n log n in the number of ids.
  void apply(std::vector<std::int32_t>& ids, std::size_t begin) const;

 private:
  [[nodiscard]] const Result* find(std::int32_t left, std::int32_t right) const;
  void apply_to_short(std::vector<std::int32_t>& ids, std::size_t begin) const;
  void apply_to_long(std::vector<std::int32_t>& ids, std::size_t begin) const;

  FlatMap<std::uint64_t, Result> results_;
};

}  // namespace pagequest::model::tokenizer
