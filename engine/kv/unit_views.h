// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/events.h"
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
  /// Without `track_attention`, last_attended_step stays the fill step.
  UnitViews(std::int32_t page_size, bool track_attention, Sharing sharing = Sharing::all,
            const KvShape& shape = {});

  /// Main-thread and episode events, in order. Throws input_error on tokens that do not continue
  /// where the last ones ended (a trace that was not recorded whole).
  void observe(const Event& event);

  /// Fills `views` with the pages that have live tokens in the scope, ascending; without the page
  /// of the newest token, which is being written.
  void pages(std::int32_t scope, std::vector<UnitView>& views) const;
  /// The same with the tool responses, by ascending cursor; without those not filled to their end.
  void messages(std::int32_t scope, std::vector<UnitView>& views) const;

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
  void on(const HeadTokensEvicted& evicted);
  void on(const TokensEvicted& evicted);
  void forget_empty_pages(std::int32_t scope, TokenSpan span);
  [[nodiscard]] std::int32_t last_attended(TokenSpan span) const;

  bool track_attention_;
  Sharing sharing_;
  KvShape shape_;
  ScopedTokens tokens_;
  std::vector<std::vector<std::int32_t>> live_pages_;  // (scope), ascending
  std::vector<float> largest_;                         // (page of a step), while it is read
  std::vector<std::int32_t> last_attended_step_;       // (page)
  std::map<std::int32_t, Message> messages_;           // by cursor
};

}  // namespace pagequest::kv
