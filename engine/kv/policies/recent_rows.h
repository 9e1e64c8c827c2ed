// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pagequest::kv {

/// The last few rows of numbers, oldest first. The oldest row's memory is used again.
class RecentRows {
 public:
  /// A new row to be written whole; the oldest one goes if there were `most` of them.
  std::vector<float>& add(std::size_t most, std::size_t width) {
    if (rows_.size() < most) {
      rows_.emplace_back();
    } else {
      std::ranges::rotate(rows_, rows_.begin() + 1);
    }
    rows_.back().resize(width);
    return rows_.back();
  }

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] auto begin() const { return rows_.begin(); }
  [[nodiscard]] auto end() const { return rows_.end(); }

 private:
  std::vector<std::vector<float>> rows_;
};

}  // namespace pagequest::kv
