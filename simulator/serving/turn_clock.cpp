// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What a cluster measures of its sessions' turns.
#include <utility>

#include "simulator/serving/cluster.h"

namespace pagequest::simulator {

void Cluster::completed(const Completion& completion) {
  const std::int64_t tokens = completion.tokens;
  if (completion.recompute) {
    metrics_.recomputed_tokens += tokens;
    return;
  }
  Client& own = client(completion.request->owner());
  const bool main = completion.thread == Thread::main;
  if (completion.kind == StepKind::decode) {
    if (main) own.decoded += completion.tokens;
    return;  // the replica counts tokens of decode steps as a whole
  }
  metrics_.prefill_tokens += tokens;
  if (!main) metrics_.aux_tokens += tokens;
  if (!completion.operation_ended) return;
  if (main) {
    end_input(own);
  } else {
    ++metrics_.aux_output_tokens;
  }
}

/// The last token of a turn's input comes with the turn's first output token.
void Cluster::end_input(Client& own) {
  const bool more_input =
      own.request->blocked() == Request::Blocked::no && !own.request->decodes_next();
  if (own.generating || more_input) return;
  auto& samples = own.turns == 0 ? metrics_.episode_ttft : metrics_.turn_ttft;
  if (own.counted) samples.add(to_seconds(now_ - own.ready));
  ++metrics_.output_tokens;
  ++own.turns;
  own.generating = true;
  own.first_token = now_;
  own.decoded = 0;
}

void Cluster::end_turn(Client& own) {
  if (!std::exchange(own.generating, false)) return;
  ++metrics_.turns;
  if (own.decoded == 0 || !own.counted) return;
  metrics_.tpot.add(to_seconds(now_ - own.first_token) / own.decoded);
}

}  // namespace pagequest::simulator
