// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace pagequest::ops::emulator {

/// The asynchronous copies of one thread (cp.async): none arrives before the thread waits for it.
class CopyQueue {
 public:
  void clear();
  /// 16 bytes; from null: zeros. What lies at `to` is lost at once.
  void add(std::byte* to, const std::byte* from);
  void commit() { group_ends_.push_back(copies_.size()); }
  /// Performs all but the newest `pending` groups.
  void wait(std::size_t pending);

 private:
  struct Copy {
    std::byte* to;
    const std::byte* from;
  };
  std::vector<Copy> copies_;  // that have not arrived
  std::vector<std::size_t> group_ends_;
};

}  // namespace pagequest::ops::emulator
