// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/event_sink.h"
#include "base/result_table.h"
#include "engine/kv/eviction_controller.h"
#include "engine/kv/live_tokens.h"
#include "engine/kv/scoped_tokens.h"
#include "simulator/kept_attention.h"
#include "traces/reader.h"

namespace pagequest::simulator {

/// One decision of a policy, as a HeadTokensEvicted (with a layer), TokensEvicted or
/// TokensRequantised event (with bits) states it.
struct Victim {
  std::int32_t step;  // of the main thread
  std::int32_t turn;
  TokenSpan span;
  std::int32_t tokens;  // live ones
  std::int32_t layer = -1;
  std::int32_t kv_head = -1;
  std::int32_t key_bits = 0;  // that its tokens are stored with from now on; 0: they go
  std::int32_t value_bits = 0;
  constexpr bool operator==(const Victim&) const = default;
};

/// What a replayed decision is worth.
enum class Validity : std::uint8_t {
  same_policy,  // as recorded: the victims must be those of the trace
  first_order,  // another policy on a full-cache trace: attention as recorded, but evictions would
                // have changed what the model computes and so what it attends to
  off_policy,   // another policy on a trace with evictions: attention to what the recorded policy
                // dropped is missing
};
[[nodiscard]] std::string_view to_string(Validity validity);

/// One episode under the replayed policy.
struct EpisodeReplay {
  EpisodeId episode;
  std::vector<Victim> recorded;
  std::vector<Victim> replayed;
  std::vector<std::int32_t> live_tokens;           // that any head holds, after each main step
                                                   // and its decisions
  std::vector<std::int32_t> recorded_live_tokens;  // the same, in the trace
  [[nodiscard]] bool identical() const { return recorded == replayed; }
};

/// Drives one episode's kv::EvictionController with a trace's events: the same object code that
/// decides in the engine sees the same numbers, so it must come to the same victims. The recorded
/// HeadTokensEvicted, TokensEvicted, TokensRequantised and PageFreed events are replaced by those
/// of the decisions made here. Attention to pages that are gone here is left out, and the rest of
/// each row, attention sinks included, is scaled to sum to 1: what a softmax over the remaining
/// keys gives if scores stay as they were. Token sets can't be scaled and are left out of such a
/// step.
class PolicyReplay final : public EventSink {
 public:
  /// Throws as kv::EvictionController does.
  PolicyReplay(const kv::PolicySpec& policy, std::int32_t page_size, std::int32_t lag_steps = 0,
               const kv::KvShape& shape = {});

  void on(const Event& event) override;
  [[nodiscard]] bool wants_attention() const override { return controller_.needs_attention(); }
  /// What was decided so far. A step's decision comes with the first event that is not the step's.
  [[nodiscard]] const std::vector<Victim>& decided() const { return out_.replayed; }
  /// Tokens that any head holds here.
  [[nodiscard]] const kv::LiveTokens& live() const { return live_.any(); }
  /// After EpisodeEnded. Throws input_error if the policy reads attention and the trace has none.
  [[nodiscard]] EpisodeReplay take();

 private:
  void decide(kv::DecisionPoint point);
  void drop(const kv::Victim& victim);
  void report(const kv::GoneTokens& gone);
  void requantise();
  void observe(const Event& event);
  void attend(const PagesAttended& event);
  [[nodiscard]] bool is_live_page(std::int32_t page) const;
  [[nodiscard]] bool holds(std::size_t plane, std::int32_t page) const;
  /// Whether a page that is gone here, from all heads or one, was attended to.
  [[nodiscard]] bool attends_to_lost(const PagesAttended& event) const;

  std::int32_t page_size_;
  kv::KvShape shape_;
  kv::EvictionController controller_;
  kv::ScopedTokens live_;
  kv::LiveTokens recorded_live_;
  EpisodeReplay out_;
  std::int32_t step_ = -1;
  std::int32_t turn_ = 0;
  bool step_open_ = false;  // a main step's events have begun, its decision is due
  bool attended_ = false;
  KeptAttention kept_;
};

struct TraceReplay {
  Validity validity;
  kv::PolicySpec policy;
  std::vector<EpisodeReplay> episodes;
  std::int32_t lag_steps = 0;  // of the decisions, as recorded
};

/// The policy that a trace was recorded under. Throws usage_error if it isn't a registered one.
[[nodiscard]] kv::PolicySpec recorded_policy(const traces::Header& header);
[[nodiscard]] Validity validity(const traces::Header& header, const kv::PolicySpec& policy);

/// Throws usage_error for a policy that selects what is read, unless the trace was recorded under
/// it, and input_error for a trace without a page size.
void check_replayable(const traces::Header& header, const kv::PolicySpec& policy);

/// Replays every whole episode of a trace under `policy`, whose decisions take effect as late as
/// those of the recording did. Throws as check_replayable.
[[nodiscard]] TraceReplay replay_policy(const traces::Reader& trace, const kv::PolicySpec& policy);

/// One row an episode: victims, peak and mean live tokens, whether the victims are the recorded
/// ones. Units are recorded tokens.
[[nodiscard]] ResultTable policy_replay_table(const TraceReplay& replay);

}  // namespace pagequest::simulator
