// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/stack_distance.h"

#include <algorithm>
#include <utility>

namespace pagequest::analyzer {
namespace {

constexpr std::int32_t kNone = -1;
constexpr std::size_t kSpareGroups = 64;  // empty groups that are tolerated before a clean-up

std::size_t index(std::int32_t value) { return static_cast<std::size_t>(value); }

}  // namespace

void StackDistance::access(std::span<const std::int32_t> pages) {
  if (pages.empty()) return;
  if (index(pages.back()) >= group_of_.size()) {
    group_of_.resize(index(pages.back()) + 1, kNone);
    marked_.resize(group_of_.size(), 0);
  }
  histogram_.resize(std::max(histogram_.size(), stacked_ + 1));
  touch_groups(pages);
  count_and_remove_touched();
  push_group(pages);
  if (groups_.size() > 2 * nonempty_groups_ + kSpareGroups) drop_empty_groups();
}

void StackDistance::clear() {
  groups_.clear();
  members_.clear();
  std::fill(group_of_.begin(), group_of_.end(), kNone);
  stacked_ = 0;
  nonempty_groups_ = 0;
}

void StackDistance::touch_groups(std::span<const std::int32_t> pages) {
  for (const std::int32_t page : pages) {
    marked_[index(page)] = 1;
    const std::int32_t g = group_of_[index(page)];
    if (g == kNone) {
      ++cold_;
      ++stacked_;
    } else if (groups_[index(g)].touched++ == 0) {
      ++touched_groups_;
    }
  }
}

void StackDistance::count_and_remove_touched() {
  std::size_t newer_pages = 0;
  for (std::size_t g = groups_.size(); touched_groups_ > 0; --g) {
    Group& group = groups_[g - 1];
    const std::size_t size = index(group.size);
    if (group.touched > 0) {
      count_and_remove(group, newer_pages);
      --touched_groups_;
    }
    newer_pages += size;
  }
}

/// From the group's top downwards; the pages that stay move up, which keeps their order.
void StackDistance::count_and_remove(Group& group, std::size_t newer_pages) {
  const std::size_t size = index(group.size);
  std::int32_t* const members = members_.data() + group.first;
  std::size_t kept_from = size;
  for (std::size_t above = 0; above < size; ++above) {
    const std::int32_t page = members[size - 1 - above];
    const std::uint8_t accessed = marked_[index(page)];
    histogram_[newer_pages + above] += accessed;
    members[kept_from - 1] = page;
    kept_from -= 1U - accessed;
  }
  group.first += kept_from;
  group.size -= group.touched;
  group.touched = 0;
  if (group.size == 0) --nonempty_groups_;
}

void StackDistance::push_group(std::span<const std::int32_t> pages) {
  const auto now = static_cast<std::int32_t>(groups_.size());
  groups_.push_back({members_.size(), static_cast<std::int32_t>(pages.size()), 0});
  ++nonempty_groups_;
  members_.insert(members_.end(), pages.begin(), pages.end());
  for (const std::int32_t page : pages) {
    group_of_[index(page)] = now;
    marked_[index(page)] = 0;
  }
}

void StackDistance::drop_empty_groups() {
  std::vector<std::int32_t> members;
  members.reserve(stacked_);
  std::erase_if(groups_, [](const Group& group) { return group.size == 0; });
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const auto begin = members_.begin() + static_cast<std::ptrdiff_t>(groups_[g].first);
    groups_[g].first = members.size();
    members.insert(members.end(), begin, begin + groups_[g].size);
    for (std::size_t m = groups_[g].first; m < members.size(); ++m) {
      group_of_[index(members[m])] = static_cast<std::int32_t>(g);
    }
  }
  members_ = std::move(members);
}

}  // namespace pagequest::analyzer
