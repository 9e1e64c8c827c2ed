// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace pagequest::analyzer {

/// What one decode step offers and uses, for one (layer, KV head).
struct RecallStep {
  /// Pages with live tokens that are not always resident, ascending.
  std::span<const std::int32_t> candidates;
  std::span<const std::int32_t> accessed;  // ascending
  std::int32_t written_page;               // touched by writing, though that is no access
};

/// The judgement on the prediction that one step made.
struct Recall {
  std::int32_t band;         // as given with the step that predicted
  double accessed_recently;  // recall of the B most recently touched candidates
  double created_recently;   // recall of the B youngest candidates
  double random;             // expected recall of B candidates drawn at random, B / N
};

/// k-step-ahead recency recall of one stream. At step t, with N candidates, the prediction R_t is
/// the B = max(1, round(share x N)) of them that were touched last (accessed, written, or seen for
/// the first time; ties by the higher page). U is what the steps t+1 to t+k access of the
/// candidates of step t (later pages can't be predicted; they're in any cache, just written). The
/// recall is |R_t and U| / |U|; steps with empty U and the last k steps of an episode give none.
class RecencyRecall {
 public:
  /// k: steps ahead, >= 1. share: of the candidates that is kept, in (0, 1].
  RecencyRecall(std::int32_t k, double share) : k_(k), share_(share) {}

  /// Takes a step and gives the judgement on the one k steps earlier, if there is one and it had
  /// anything to recall. `band` is the caller's label of the step.
  std::optional<Recall> step(const RecallStep& step, std::int32_t band);
  void clear();  // a new episode

 private:
  using PageSet = std::vector<std::uint64_t>;  // bit a page
  struct Prediction {
    std::int32_t band;
    double random;
    PageSet candidates;
    PageSet recent;
    PageSet young;
    PageSet used;  // by the steps since
  };

  void mark_used(std::span<const std::int32_t> accessed);
  [[nodiscard]] std::optional<Recall> judge_oldest();
  void touch(const RecallStep& step);
  [[nodiscard]] Prediction predict(const RecallStep& step, std::int32_t band);

  std::int32_t k_;
  double share_;
  std::int32_t now_ = 0;                   // steps since the episode began
  std::vector<std::int32_t> last_touch_;   // by page; -1: not seen yet
  std::vector<std::uint64_t> by_recency_;  // (last touch, page) of the candidates in one word
  std::vector<std::int32_t> recent_;       // the B most recently touched candidates
  std::deque<Prediction> pending_;         // of the last k steps, oldest first
};

}  // namespace pagequest::analyzer
