// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pagequest::analyzer {

/// Exact LRU stack distances of a stream of page sets, one set a step (R. L. Mattson et al.,
/// "Evaluation techniques for storage hierarchies", IBM Systems Journal 9(2), 1970).
///
/// All pages of a step are wanted at once, so each access is judged against the stack as the step
/// before left it. Then the step's pages move to the top, the highest page number topmost. Hence
/// the distance of an access is the number of distinct other pages that were accessed in later
/// steps than the page's last one, or in that same step with a higher number; an LRU cache of C
/// pages hits if and only if it is below C. With one page a step this is the textbook's distance.
///
/// The stack is cut into groups, one a step, of the pages that were last accessed in it. A step
/// looks through the groups that hold one of its pages and only counts past the others, so it costs
/// O(pages in touched groups + groups above the deepest), where a list walk costs O(depth) a page.
class StackDistance {
 public:
  /// One step: distinct pages in ascending order, each >= 0.
  void access(std::span<const std::int32_t> pages);

  /// Empties the stack (a new episode); the counts stay.
  void clear();

  /// Accesses by distance in pages, cold ones left out; may end in zeros.
  [[nodiscard]] const std::vector<std::uint64_t>& histogram() const { return histogram_; }
  /// First accesses of a page since the last clear().
  [[nodiscard]] std::uint64_t cold() const { return cold_; }

 private:
  /// The pages last accessed in one step: members_[first, first + size), ascending.
  struct Group {
    std::size_t first;
    std::int32_t size;
    std::int32_t touched;  // how many of them the current step accesses
  };

  void touch_groups(std::span<const std::int32_t> pages);
  void count_and_remove_touched();
  void count_and_remove(Group& group, std::size_t newer_pages);
  void push_group(std::span<const std::int32_t> pages);
  void drop_empty_groups();

  std::vector<Group> groups_;           // oldest first; may be empty ones in between
  std::vector<std::int32_t> members_;   // of all groups
  std::vector<std::int32_t> group_of_;  // by page; kNone: not in the stack
  std::vector<std::uint8_t> marked_;    // by page; 1 while the current step accesses it
  std::vector<std::uint64_t> histogram_;
  std::size_t stacked_ = 0;  // pages in the stack
  std::size_t nonempty_groups_ = 0;
  std::size_t touched_groups_ = 0;  // of the current step, not looked through yet
  std::uint64_t cold_ = 0;
};

}  // namespace pagequest::analyzer
