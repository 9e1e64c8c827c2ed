// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/aux_thread.h"

#include <utility>

#include "engine/agent/del_cursors.h"

namespace pagequest::agent {

bool AuxThread::is_due(std::int32_t turn) const {
  return turn % config_.aux_interval == 0 && (turn > 0 || config_.aux_at_turn_zero);
}

bool AuxThread::is_full() const {
  return engine_.next_position(*sequence_) >= config_.context_limit;
}

std::vector<std::int32_t> AuxThread::join_if_finished(EpisodeId episode, SequenceId main,
                                                      std::int32_t turn) {
  if (!sequence_ || !finished_) return {};
  const auto command =
      overran_ ? DeletionCommand{} : parse_del_cursors(format_.decode(generated_), known_cursors_);
  engine_.notify(main, AuxJoined{.episode = episode,
                                 .turn = turn,
                                 .tokens = engine_.own_tokens(*sequence_),
                                 .parsed = command.parsed,
                                 .cursors = command.cursors});
  abandon();
  return command.cursors;
}

void AuxThread::fork_if_due(EpisodeId episode, SequenceId main, std::int32_t turn,
                            std::span<const chat::OpenCursor> open) {
  if (sequence_ || !is_due(turn)) return;
  const auto fork_point = engine_.next_position(main);
  const auto input = format_.auxiliary(open);
  if (std::cmp_greater_equal(fork_point + std::ssize(input), config_.context_limit)) return;
  engine_.notify(main, AuxForked{.episode = episode,
                                 .turn = turn,
                                 .step = engine_.steps(main) - 1,
                                 .fork_point = fork_point,
                                 .shared_pages = engine_.mapped_pages(main)});
  sequence_ = engine_.fork(main, input, config_.sampling);
  finished_ = overran_ = false;
  known_cursors_.clear();
  for (const auto& display : open) known_cursors_.insert(display.cursor);
  generated_.clear();
}

void AuxThread::on_token(std::int32_t token) {
  generated_.push_back(token);
  const auto count = static_cast<std::int32_t>(generated_.size());
  const bool stops = format_.ends_auxiliary(token);
  const bool ends = stops || format_.completes_auxiliary(generated_);
  overran_ = !ends && (count >= config_.aux_max_tokens || is_full());
  finished_ = ends || overran_;
  if (stops) generated_.pop_back();
  if (!finished_) engine_.append(*sequence_, {&token, 1});
}

void AuxThread::abandon() {
  if (sequence_) engine_.release(*sequence_);
  sequence_.reset();
  finished_ = false;
}

}  // namespace pagequest::agent
