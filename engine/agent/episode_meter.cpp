// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/episode_meter.h"

#include <algorithm>

namespace pagequest::agent {

void EpisodeMeter::on(const Event& event) {
  std::visit(Overloaded{
                 [&](const EpisodeBegan& e) { running_[e.episode] = {}; },
                 [&](const TokensFilled& e) { count(e); },
                 [&](const TokensEvicted& e) { running_.at(e.episode).live_tokens -= e.tokens; },
                 [&](const AuxForked& e) {
                   auto& totals = running_.at(e.episode);
                   totals.aux_shared = totals.live_tokens;
                   totals.aux_own = 0;
                 },
                 [&](const AuxJoined& e) { running_.at(e.episode).aux_own = 0; },
                 [&](const EpisodeEnded& e) { running_.erase(e.episode); },
                 [](const auto&) {},
             },
             event);
  next_.on(event);
}

void EpisodeMeter::count(const TokensFilled& filled) {
  auto& totals = running_.at(filled.episode);
  const auto tokens = static_cast<std::int32_t>(filled.tokens.size());
  const bool is_main = filled.thread == Thread::main;
  (is_main ? totals.live_tokens : totals.aux_own) += tokens;
  if (!is_main) totals.aux_tokens += tokens;
  if (filled.kind == StepKind::decode) {
    totals.kv_reads_tokens += is_main ? totals.live_tokens : totals.aux_shared + totals.aux_own;
  }
  totals.peak_tokens = std::max(totals.peak_tokens, totals.live_tokens);
  totals.peak_tokens_with_aux =
      std::max(totals.peak_tokens_with_aux, totals.live_tokens + totals.aux_own);
}

}  // namespace pagequest::agent
