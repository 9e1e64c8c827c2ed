// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pagequest::simulator {

/// The pages of one GPU's key-value pool, by number: free + used = total at all times.
class PagePool {
 public:
  explicit PagePool(std::int64_t total_pages) : total_(total_pages) {}

  /// Takes `pages` if that leaves `reserve` pages free; otherwise nothing happens.
  [[nodiscard]] bool take(std::int64_t pages, std::int64_t reserve = 0);
  void give_back(std::int64_t pages);

  [[nodiscard]] std::int64_t total() const { return total_; }
  [[nodiscard]] std::int64_t used() const { return used_; }
  [[nodiscard]] std::int64_t free() const { return total_ - used_; }

 private:
  std::int64_t total_;
  std::int64_t used_ = 0;
};

}  // namespace pagequest::simulator
