// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/aux_thread.h"

#include <utility>

#include "engine/agent/del_cursors.h"

namespace pagequest::agent {

void AuxThread::at_turn_boundary(EpisodeId episode, SequenceId main, std::int32_t turn,
                                 const std::set<std::int32_t>& live_cursors) {
  deleted_.clear();
  if (sequence_ && finished_) join(episode, main, turn, live_cursors);
  if (!sequence_ && is_due(turn)) fork(episode, main, turn);
}

bool AuxThread::is_due(std::int32_t turn) const {
  return turn % config_.aux_interval == 0 && (turn > 0 || config_.aux_at_turn_zero);
}

void AuxThread::join(EpisodeId episode, SequenceId main, std::int32_t turn,
                     const std::set<std::int32_t>& live_cursors) {
  auto command =
      overran_ ? DeletionCommand{} : parse_del_cursors(chat_.decode(generated_), live_cursors);
  deleted_ = std::move(command.cursors);
  engine_.notify(main, AuxJoined{.episode = episode,
                                 .turn = turn,
                                 .tokens = engine_.own_tokens(*sequence_),
                                 .parsed = command.parsed,
                                 .cursors = deleted_});
  abandon();
}

void AuxThread::fork(EpisodeId episode, SequenceId main, std::int32_t turn) {
  const auto fork_point = engine_.next_position(main);
  engine_.notify(main, AuxForked{.episode = episode,
                                 .turn = turn,
                                 .step = engine_.steps(main) - 1,
                                 .fork_point = fork_point,
                                 .shared_pages = engine_.mapped_pages(main)});
  sequence_ = engine_.fork(main, chat_.aux_trigger(), config_.sampling);
  finished_ = overran_ = false;
  generated_.clear();
}

void AuxThread::on_token(std::int32_t token) {
  generated_.push_back(token);
  const auto count = static_cast<std::int32_t>(generated_.size());
  const bool stops = chat_.ends_aux(token);
  overran_ = !stops && count >= config_.aux_max_tokens;
  finished_ = stops || overran_;
  if (stops) generated_.pop_back();
  if (!finished_) engine_.append(*sequence_, {&token, 1});
}

void AuxThread::abandon() {
  if (sequence_) engine_.release(*sequence_);
  sequence_.reset();
  finished_ = false;
}

}  // namespace pagequest::agent
