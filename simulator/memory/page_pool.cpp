// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/memory/page_pool.h"

#include "base/check.h"

namespace pagequest::simulator {

bool PagePool::take(std::int64_t pages, std::int64_t reserve) {
  PQ_CHECK(pages >= 0, "pages are taken, not returned");
  if (pages > 0 && pages + reserve > free()) return false;
  used_ += pages;
  return true;
}

void PagePool::give_back(std::int64_t pages) {
  PQ_CHECK(pages >= 0 && pages <= used_, "only pages that were taken come back");
  used_ -= pages;
}

}  // namespace pagequest::simulator
