// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "base/events.h"
#include "engine/kv/attended_steps.h"
#include "engine/kv/eviction_policy.h"
#include "engine/kv/scoped_tokens.h"

namespace pagequest::kv {

/// A page counts as attended in a step if the largest mean mass on it, over layers and KV heads, is
/// at least this share of the row: 1 % of the attention of one head group.
inline constexpr float kAttendedMass = 0.01F;

/// What a policy may choose from: the live pages or the live tool responses of one main thread, in
/// each of the scopes that choose for themselves.
class UnitViews {
 public:
  /// Without `track_attention`, a page's last attended step stays its fill step. With
  /// `average_heads` there is an average().
  UnitViews(std::int32_t page_size, bool track_attention, Sharing sharing = Sharing::all,
            const KvShape& shape = {}, bool average_heads = false);

  /// Main-thread and episode events, in order. Throws input_error on tokens that do not continue
  /// where the last ones ended (a trace that was not recorded whole).
  void observe(const Event& event);

  /// The pages that have live tokens in the scope, ascending; without the page of the newest token,
  /// which is being written. Valid until the next event.
  [[nodiscard]] std::span<const UnitView> pages(std::int32_t scope) const;
  /// Fills `views` with the tool responses that have live tokens in the scope, by ascending cursor;
  /// without those not filled to their end.
  void messages(std::int32_t scope, std::vector<UnitView>& views) const;
  /// EvictionPolicy::take_average() of the last PagesAttended event; empty: not all layers saw all
  /// of its pages.
  [[nodiscard]] std::span<const float> average() const {
    return has_average_ ? std::span<const float>(average_) : std::span<const float>();
  }
  /// Valid until the next event.
  [[nodiscard]] AttendedSteps attended() const {
    return {.of_page = last_attended_step_, .page_size = tokens_.any().page_size()};
  }

  /// Whether the tool response is known but not filled to its end.
  [[nodiscard]] bool is_arriving(std::int32_t cursor) const;
  /// What the model wrote to get the response of `cursor`, which must be one of messages().
  [[nodiscard]] TokenSpan call_of(std::int32_t cursor) const;
  [[nodiscard]] const ScopedTokens& tokens() const { return tokens_; }

 private:
  struct Message {
    TokenSpan call;
    TokenSpan response;
  };
  void on(const TokensFilled& filled);
  void on(const PagesAttended& attended);
  void reduce(const PagesAttended& attended);
  void on(const HeadTokensEvicted& evicted);
  void on(const TokensEvicted& evicted);
  void extend_pages(std::int32_t scope, std::int32_t first_page);
  void recount_pages(std::int32_t scope, TokenSpan span);

  bool track_attention_;
  bool average_heads_;
  Sharing sharing_;
  KvShape shape_;
  ScopedTokens tokens_;
  std::vector<std::vector<UnitView>> pages_;  // (scope): with live tokens, ascending
  std::vector<float> largest_;                // (page of a step), while it is read
  std::vector<double> sums_;                  // the same
  bool has_average_ = false;
  std::vector<float> average_;                    // (page of the last step that attended)
  std::vector<std::uint32_t> found_;              // indices of its attended pages, the same
  std::vector<std::int32_t> last_attended_step_;  // (page)
  std::map<std::int32_t, Message> messages_;      // by cursor
};

}  // namespace pagequest::kv
