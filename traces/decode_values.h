// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/events.h"

/// Numbers of a file that may be hostile, as the values of events.
namespace pagequest::traces {

/// Throws input_error: the file holds a number that no event can have.
[[noreturn]] inline void reject(std::string_view what, std::int64_t found) {
  throw input_error({.what = "the trace is inconsistent: " + std::string(what),
                     .where = {},
                     .found = std::to_string(found),
                     .expected = {},
                     .hint = {}});
}

/// The enumerator with this number; `last` is the one with the largest. `what` is wrong else.
template <class E>
E decode_enum(std::uint8_t value, E last, std::string_view what) {
  if (value > static_cast<std::uint8_t>(last)) reject(what, value);
  return static_cast<E>(value);
}

inline Thread decode_thread(std::uint8_t value) {
  return decode_enum(value, Thread::auxiliary, "unknown thread");
}

inline TokenSpan decode_span(std::int32_t first, std::int32_t count) {
  if (first < 0) reject("negative position", first);
  if (count < 0 || count > std::numeric_limits<std::int32_t>::max() - first) {
    reject("impossible number of tokens", count);
  }
  return {.first = first, .count = count};
}

/// Of `row`'s values, `width` a row.
template <class T>
std::span<const T> row_of(const std::vector<T>& values, std::size_t row, std::size_t width) {
  return values.empty() ? std::span<const T>() : std::span(values).subspan(row * width, width);
}

/// A thread's first step has no cosines; the file says so with NaN.
inline std::span<const float> without_nan(std::span<const float> cosines) {
  const auto is_nan = [](float cosine) { return std::isnan(cosine); };
  if (std::all_of(cosines.begin(), cosines.end(), is_nan)) return {};
  return cosines;
}

}  // namespace pagequest::traces
