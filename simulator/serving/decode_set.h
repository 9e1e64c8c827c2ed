// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "simulator/cost/batch_shape.h"
#include "simulator/cost/step_cost.h"

namespace pagequest::simulator {

/// The threads of a replica that decode, as sums: each step gives every one of them a token, so
/// that any number of steps is taken at once, whatever the size of the batch, and costs a sum in
/// closed form. Joining and leaving take O(log n).
class DecodeSet {
 public:
  /// `window` of sliding layers in tokens, 0 without.
  DecodeSet(std::int32_t page_tokens, std::int64_t window);

  /// A thread whose next step reads `reads` tokens, its new one included, and writes `position`;
  /// it has `steps` > 0 tokens to decode.
  void join(std::int32_t thread, std::int64_t reads, std::int64_t position, std::int64_t steps);
  /// Returns the steps that the thread has taken since it joined.
  std::int64_t leave(std::int32_t thread);
  [[nodiscard]] bool contains(std::int32_t thread) const;
  /// Steps taken since the thread joined, without leaving.
  [[nodiscard]] std::int64_t taken(std::int32_t thread) const;

  [[nodiscard]] std::int64_t size() const { return size_; }
  /// Of the next step.
  [[nodiscard]] BatchShape shape() const;
  /// Steps until a thread has all its tokens or its window is full: before that, the shape only
  /// grows. The set must not be empty.
  [[nodiscard]] std::int64_t steps_to_change() const;
  /// Pages that the next `steps` steps take; `steps` <= steps_to_change().
  [[nodiscard]] std::int64_t pages_for(std::int64_t steps) const;
  /// Most steps, up to `limit`, whose pages do not exceed `pages`.
  [[nodiscard]] std::int64_t steps_within(std::int64_t pages, std::int64_t limit) const;
  /// Time of the next `steps` steps on one line: the sum of an arithmetic series.
  [[nodiscard]] Ticks time_of(std::int64_t steps, const DecodeLine& line) const;
  /// Fewest steps, up to `limit`, that take at least `time`.
  [[nodiscard]] std::int64_t steps_reaching(Ticks time, std::int64_t limit,
                                            const DecodeLine& line) const;
  /// Steps that stay on the line, at least 1.
  [[nodiscard]] std::int64_t steps_on(const DecodeLine& line) const;

  /// `steps` <= steps_to_change() pass.
  void advance(std::int64_t steps);
  /// A thread that has all its tokens, still in the set; -1: none. In the order of the threads.
  [[nodiscard]] std::int32_t finished();

 private:
  struct Member {
    std::int64_t joined = 0;  // value of step_
    std::int64_t reads = 0;   // then
    std::int64_t end = 0;     // value of step_ with its last token
    std::int64_t stamp = 0;   // tells which entries of the queues are still true
    std::int32_t residue = 0;
    bool present = false;
    bool window_grows = false;
  };
  struct Due {
    std::int64_t step;  // or, in leads_, reads - joined
    std::int32_t thread;
    std::int64_t stamp;
    auto operator<=>(const Due&) const = default;
  };
  using Earliest = std::priority_queue<Due, std::vector<Due>, std::greater<Due>>;
  using Largest = std::priority_queue<Due>;

  [[nodiscard]] bool is_true(const Due& due) const;
  void drop_all_stale();
  template <class Queue>
  void drop_stale(Queue& queue) const;
  void fill_windows();

  std::int64_t page_tokens_;
  std::int64_t window_;
  std::vector<Member> members_;          // (thread)
  std::vector<std::int32_t> crossings_;  // (step modulo page_tokens): threads that take a page then
  mutable Earliest ends_;
  mutable Earliest windows_;
  mutable Largest leads_;
  std::int64_t step_ = 0;
  std::int64_t stamps_ = 0;
  std::int64_t size_ = 0;
  std::int64_t reads_ = 0;         // of the next step, summed
  std::int64_t window_reads_ = 0;  // the same, of sliding layers
  std::int64_t growing_windows_ = 0;
};

}  // namespace pagequest::simulator
