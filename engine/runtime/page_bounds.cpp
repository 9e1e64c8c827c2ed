// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/page_bounds.h"

#include <algorithm>

namespace pagequest::runtime {

PageBounds::PageBounds(std::int32_t planes, std::int32_t pages, std::int32_t head_dim)
    : planes_(planes),
      pages_(pages),
      head_dim_(head_dim),
      memory_(planes_ * pages_ * page_stride() * std::int64_t{sizeof(float)}) {}

float* PageBounds::box(std::int32_t plane, PageId page) {
  return reinterpret_cast<float*>(memory_.data()) + (plane * pages_ + page.value) * page_stride();
}

KeyBox PageBounds::at(std::int32_t plane, PageId page) {
  float* lowest = box(plane, page);
  const auto width = static_cast<std::size_t>(head_dim_);
  return {.lowest = {lowest, width}, .highest = {lowest + head_dim_, width}};
}

void PageBounds::copy(const kv::PageCopy& copy) {
  for (std::int32_t plane = 0; plane < planes_; ++plane) {
    std::copy_n(box(plane, copy.from), page_stride(), box(plane, copy.to));
  }
}

void PageBounds::move(const kv::RowMove& move) {
  for (std::int32_t plane = 0; plane < planes_; ++plane) {
    const KeyBox from = at(plane, move.from);
    const KeyBox to = at(plane, move.to);
    to.take(from.lowest);
    to.take(from.highest);
  }
}

}  // namespace pagequest::runtime
