// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "base/event_sink.h"

namespace pagequest::agent {

/// Token counts of one episode so far, as EpisodeEnded reports them.
struct EpisodeTotals {
  std::int32_t live_tokens = 0;  // main thread
  std::int32_t aux_own = 0;      // of the auxiliary thread that is alive, behind its fork point
  std::int32_t aux_shared = 0;   // live tokens that it sees of the main thread
  std::int32_t aux_tokens = 0;   // of all auxiliary threads so far
  std::int32_t peak_tokens = 0;
  std::int32_t peak_tokens_with_aux = 0;
  std::int64_t kv_reads_tokens = 0;
};

/// Passes every event on to a sink and counts the tokens of each running episode on the way.
class EpisodeMeter final : public EventSink {
 public:
  explicit EpisodeMeter(EventSink& next) : next_(next) {}

  void on(const Event& event) override;
  [[nodiscard]] bool wants_attention() const override { return next_.wants_attention(); }

  [[nodiscard]] const EpisodeTotals& totals(EpisodeId episode) const {
    return running_.at(episode);
  }

 private:
  void count(const TokensFilled& filled);
  /// In place of the live tokens that count() took the step to read.
  void count_selected(const KeysRead& read);

  EventSink& next_;
  std::map<EpisodeId, EpisodeTotals> running_;
};

}  // namespace pagequest::agent
