// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/vec.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

/// Position of the first token that the row at `position` sees.
inline std::int64_t first_seen(const AttentionArgs& args, std::int64_t position) {
  const std::int64_t first = position - args.window + 1;
  return args.window > 0 && first > 0 ? first : 0;
}

/// Bit i: the row at `position` sees the token at page.first_position + i.
inline std::uint64_t visible_tokens(const AttentionArgs& args, const AttendedPage& page,
                                    std::int64_t position) {
  const std::int64_t last = position - page.first_position;
  if (last < 0) return 0;
  const std::uint64_t seen = last >= 63 ? page.live : page.live & ((2ULL << last) - 1);
  const std::int64_t hidden = first_seen(args, position) - page.first_position;
  if (hidden <= 0) return seen;
  return hidden >= 64 ? 0 : seen & ~((1ULL << hidden) - 1);
}

/// Half-open range of AttentionArgs::pages.
struct PageRange {
  std::int64_t first;
  std::int64_t end;
};

/// Pages that any of the rows [first_row, last_row] can see. Pages that share a vector with the
/// first one come along, so that which lanes a page has does not depend on the rows.
inline PageRange pages_of_rows(const AttentionArgs& args, std::int64_t first_row,
                               std::int64_t last_row) {
  PageRange range{0, args.page_count};
  const std::int64_t last = args.first_position + last_row;
  while (range.end > 0 && args.pages[range.end - 1].first_position > last) --range.end;
  const std::int64_t first = first_seen(args, args.first_position + first_row);
  while (range.first < range.end &&
         args.pages[range.first].first_position + args.shape.page_size <= first) {
    ++range.first;
  }
  const std::int64_t sharers = kLanes / args.shape.token_stride;
  if (sharers > 1) range.first -= range.first % sharers;
  return range;
}

inline const std::byte* block_of(const AttentionArgs& args, std::int64_t page) {
  return args.kv + args.pages[page].physical * args.page_stride;
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
