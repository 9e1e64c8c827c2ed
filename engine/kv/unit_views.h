// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/events.h"
#include "engine/kv/eviction_policy.h"
#include "engine/kv/live_tokens.h"

namespace pagequest::kv {

/// A page counts as attended in a step if the largest mean mass on it, over layers and KV heads, is
/// at least this share of the row: 1 % of the attention of one head group.
inline constexpr float kAttendedMass = 0.01F;

/// What a policy may choose from: the live pages or the live tool responses of one main thread.
class UnitViews {
 public:
  /// Without `track_attention`, last_attended_step stays the fill step.
  UnitViews(std::int32_t page_size, bool track_attention);

  /// Main-thread and episode events, in order. Throws input_error on tokens that do not continue
  /// where the last ones ended (a trace that was not recorded whole).
  void observe(const Event& event);

  /// Pages with live tokens, ascending; without the page of the newest token, which is being
  /// written.
  [[nodiscard]] std::vector<UnitView> pages() const;
  /// Tool responses with live tokens, by ascending cursor; without those not filled to their end.
  [[nodiscard]] std::vector<UnitView> messages() const;

  /// Whether the tool response is known but not filled to its end.
  [[nodiscard]] bool is_arriving(std::int32_t cursor) const;
  /// What the model wrote to get the response of `cursor`, which must be one of messages().
  [[nodiscard]] TokenSpan call_of(std::int32_t cursor) const;
  [[nodiscard]] const LiveTokens& tokens() const { return tokens_; }

 private:
  struct Message {
    TokenSpan call;
    TokenSpan response;
  };
  void on(const TokensFilled& filled);
  void on(const PagesAttended& attended);
  [[nodiscard]] std::int32_t last_attended(TokenSpan span) const;

  bool track_attention_;
  LiveTokens tokens_;
  std::vector<std::int32_t> last_attended_step_;  // (page)
  std::map<std::int32_t, Message> messages_;      // by cursor
};

}  // namespace pagequest::kv
