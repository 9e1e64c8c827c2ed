// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/events.h"
#include "engine/kv/policies/scope_attention.h"

namespace pagequest::kv {

/// How much of what each KV head attends to it still attends to later: the overlap of its top pages
/// with those of kWindow decode steps before, less what chance gives, averaged over the windows.
/// After the random-corrected overlap of FlexiCache (arXiv 2511.00868), with two differences: the
/// top pages are a tenth of those listed instead of a fixed number, which short contexts don't
/// have, and nothing is clamped at 0.
class HeadStability {
 public:
  static constexpr std::int32_t kWindow = 16;  // decode steps

  void observe(const Event& event);

  /// (layer, KV head): 1 for heads that attend to the same pages, about 0 for chance. Empty before
  /// the first whole window.
  [[nodiscard]] std::vector<double> overlap() const;

 private:
  using Pages = std::vector<std::int32_t>;

  void attend(const PagesAttended& attended);
  [[nodiscard]] Pages top_pages(const PagesAttended& attended, std::int32_t head);

  ScopeAttention attention_{Sharing::head, GroupMass::mean};
  bool decodes_ = false;
  std::int32_t steps_ = 0;     // decode steps with attention
  std::int32_t windows_ = 0;   // whole ones
  std::vector<Pages> before_;  // (head): a window ago, ascending
  std::vector<double> sums_;   // (head), over the windows
  std::vector<std::size_t> order_;
};

/// The numbers of a quarter of `values`, at least one: of the highest or the lowest ones, by
/// ascending number. Of equal values the first numbers come first.
[[nodiscard]] std::vector<std::int32_t> extreme_quarter(const std::vector<double>& values,
                                                        bool highest);

}  // namespace pagequest::kv
