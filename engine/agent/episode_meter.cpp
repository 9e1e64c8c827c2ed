// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/episode_meter.h"

#include <algorithm>
#include <cmath>

namespace pagequest::agent {
namespace {

/// What the thread's attention sees.
std::int32_t seen_tokens(const EpisodeTotals& totals, Thread thread) {
  return thread == Thread::main ? totals.live_tokens : totals.aux_shared + totals.aux_own;
}

}  // namespace

void EpisodeMeter::on(const Event& event) {
  std::visit(Overloaded{
                 [&](const EpisodeBegan& e) { running_[e.episode] = {}; },
                 [&](const TokensFilled& e) { count(e); },
                 [&](const KeysRead& e) { count_selected(e); },
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
    totals.kv_reads_tokens += seen_tokens(totals, filled.thread);
  }
  totals.peak_tokens = std::max(totals.peak_tokens, totals.live_tokens);
  totals.peak_tokens_with_aux =
      std::max(totals.peak_tokens_with_aux, totals.live_tokens + totals.aux_own);
}

void EpisodeMeter::count_selected(const KeysRead& read) {
  auto& totals = running_.at(read.episode);
  totals.kv_reads_tokens += std::llround(mean_tokens(read)) - seen_tokens(totals, read.thread);
}

}  // namespace pagequest::agent
