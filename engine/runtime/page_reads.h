// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/kv/reads/read_selection.h"
#include "engine/ops/attended_page.h"
#include "engine/ops/cpu/kernels.h"

namespace pagequest::runtime {

struct ForwardChunk;
struct GroupPages;

/// What one attention call attends to.
struct PageList {
  std::span<const ops::AttendedPage> pages;
  std::span<const std::int32_t> columns;  // (page): see GroupPages::columns

  /// Live tokens.
  [[nodiscard]] std::int32_t tokens() const;
};

/// Selects, for one thread, the pages that a KV head attends to.
class PageReads {
 public:
  /// Of a group's pages those that ForwardChunk::reads chooses, else all. Valid until the next
  /// call. `bounds`: all but pages and output.
  [[nodiscard]] PageList of(const ForwardChunk& chunk, const GroupPages& group,
                            const kv::KvHead& head, const ops::Kernels& kernels,
                            ops::PageBoundArgs bounds);

 private:
  void list_pages(const ForwardChunk& chunk, const GroupPages& group);
  PageList gather(const GroupPages& group);

  std::vector<std::int32_t> logical_;  // (page of the group)
  std::vector<float> bounds_;          // (page of the group)
  std::vector<std::int32_t> chosen_;   // indices of them
  std::vector<ops::AttendedPage> pages_;
  std::vector<std::int32_t> columns_;
};

}  // namespace pagequest::runtime
