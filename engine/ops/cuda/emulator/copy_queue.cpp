// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/copy_queue.h"

#include <cstring>

namespace pagequest::ops::emulator {
namespace {

constexpr std::size_t kBytes = 16;
constexpr int kPoison = 0xff;  // NaN in each float format

}  // namespace

void CopyQueue::clear() {
  copies_.clear();
  group_ends_.clear();
}

void CopyQueue::add(std::byte* to, const std::byte* from) {
  std::memset(to, kPoison, kBytes);
  copies_.push_back({to, from});
}

void CopyQueue::wait(std::size_t pending) {
  if (group_ends_.size() <= pending) return;
  const std::size_t groups = group_ends_.size() - pending;
  const std::size_t count = group_ends_[groups - 1];
  for (std::size_t i = 0; i < count; ++i) {
    const Copy& copy = copies_[i];
    if (copy.from == nullptr) {
      std::memset(copy.to, 0, kBytes);
    } else {
      std::memcpy(copy.to, copy.from, kBytes);
    }
  }
  const auto n = static_cast<std::ptrdiff_t>(count);
  copies_.erase(copies_.begin(), copies_.begin() + n);
  group_ends_.erase(group_ends_.begin(), group_ends_.begin() + static_cast<std::ptrdiff_t>(groups));
  for (std::size_t& end : group_ends_) end -= count;
}

}  // namespace pagequest::ops::emulator
