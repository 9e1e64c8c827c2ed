// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ids.h"
#include "engine/kv/page_table.h"
#include "engine/ops/cpu/huge_buffer.h"
#include "engine/runtime/key_box.h"

namespace pagequest::runtime {

/// A box around the keys of each physical page, in every plane of a KV group: what Quest
/// (arXiv 2406.10774, section 3.2) keeps of a page to bound its scores without reading it.
///
/// A box may be larger than needed, never smaller: tokens that were dropped stay in it, and a page
/// that took rows of another one has the box around both.
class PageBounds {
 public:
  PageBounds(std::int32_t planes, std::int32_t pages, std::int32_t head_dim);

  /// Box of page 0, its lowest corner first; the next page's is page_stride() floats further.
  [[nodiscard]] const float* boxes(std::int32_t plane) { return box(plane, PageId{0}); }
  [[nodiscard]] std::int64_t page_stride() const { return std::int64_t{2} * head_dim_; }
  [[nodiscard]] KeyBox at(std::int32_t plane, PageId page);

  /// What KvCache does to the keys.
  void copy(const kv::PageCopy& copy);
  void move(const kv::RowMove& move);

 private:
  [[nodiscard]] float* box(std::int32_t plane, PageId page);

  std::int32_t planes_;
  std::int64_t pages_;
  std::int32_t head_dim_;
  ops::HugeBuffer memory_;  // (plane, page, corner, head_dim) floats
};

}  // namespace pagequest::runtime
