// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace pagequest::kv {

/// Pages whose keys lie side by side: KeyTiles.
inline constexpr std::size_t kTilePages = 16;

/// See Loops::ranks.
inline constexpr std::size_t kMostRanked = 64;

/// The loops that take most of a policy's time, for one instruction set. All give the same bits,
/// so that victims do not depend on the processor: each element of a result is computed in the
/// order that is written here, without fused multiply-adds, and what is reduced are integers and
/// maxima.
struct Loops {
  std::string_view name;  // of the instruction set

  /// Values that are at least `least`.
  std::size_t (*count_from)(const float* values, std::size_t count, float least);

  /// Indices of the values that are at least `least`, ascending; `to` has room for all. Returns how
  /// many there are.
  std::size_t (*find_from)(const float* values, std::size_t count, float least, std::uint32_t* to);

  /// Copies the values from `low` to below `high` to `to`, which has room for all.
  /// Returns how many there are.
  std::size_t (*take_between)(const float* values, std::size_t count, float low, float high,
                              float* to);

  /// (value): how many of the values are larger, or equal and before it. At most kMostRanked
  /// values; `to` has room for as many.
  void (*ranks)(const float* values, std::size_t count, std::uint32_t* to);

  /// largest[i] = max(largest[i], rows[row][i] for each of so many rows, one behind the other)
  void (*raise)(const float* rows, std::size_t row_count, std::size_t width, float* largest);

  /// Both of raise() and add_rows(), reading the rows once.
  void (*raise_and_add)(const float* rows, std::size_t row_count, std::size_t width, float* largest,
                        double* sums);

  /// sums[i] += rows[row][i], row after row.
  void (*add_rows)(const float* rows, std::size_t row_count, std::size_t width, double* sums);

  /// sums[i] += weight x masses[i] where that is not negative (unseen).
  void (*add_seen)(const float* masses, std::size_t count, double weight, double* sums);

  /// Of masses as above: queries[i] += rows where they are seen, and means[i] = sums[i] /
  /// queries[i], 1 where there was no query.
  void (*average_seen)(const float* masses, std::size_t count, std::int32_t rows,
                       const double* sums, std::int32_t* queries, float* means);

  /// The largest value; -infinity of none.
  float (*largest)(const float* values, std::size_t count);

  /// The least value; +infinity of none.
  float (*least)(const float* values, std::size_t count);

  /// least[0], least[1] = the least of itself and the values with the first, the second mark.
  /// Whether each value has one of them.
  bool (*least_of_marks)(const float* values, const std::int32_t* marks, std::size_t count,
                         const std::int32_t* two_marks, float* least);

  /// used[i] = now where it is 0 or masses[i] is at least `least`.
  void (*stamp)(const float* masses, std::size_t count, float least, std::int32_t now,
                std::int32_t* used);

  /// Products of a tile's vectors, (component, page of the tile), with so many keys, (key,
  /// component), each in the order of the components: to (key, page of the tile).
  /// above[key], bit i: whether that of page i is above `bar`.
  void (*products)(const float* tile, const float* keys, std::size_t key_count,
                   std::size_t components, float bar, float* to, std::uint32_t* above);

  /// sums[component][page] += tile[component][page] where the page is listed (1, else 0).
  void (*add_tile)(const float* tile, const std::uint8_t* listed, std::size_t components,
                   double* sums);

  /// (page of the tile): sum over the components of (total[component] - own) x own.
  void (*products_with_others)(const float* tile, const double* total, std::size_t components,
                               double* sums);
};

/// Those that this processor can run, the fastest one last.
[[nodiscard]] std::span<const Loops* const> supported_loops();

/// The fastest of them.
[[nodiscard]] const Loops& loops();

}  // namespace pagequest::kv
