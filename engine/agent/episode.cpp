// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/episode.h"

#include <algorithm>
#include <string>
#include <utility>

namespace pagequest::agent {
namespace {

std::string first_word(const std::string& text) { return text.substr(0, text.find(' ')); }

}  // namespace

Episode::Episode(EpisodeId id, std::unique_ptr<World> world, runtime::Engine& engine,
                 const Chat& chat, const EpisodeMeter& meter, const AgentConfig& config)
    : id_(id),
      world_(std::move(world)),
      engine_(engine),
      chat_(chat),
      meter_(meter),
      config_(config),
      aux_(engine, chat, config),
      main_(engine.add(id, chat.encode(world_->prompt()), config.sampling, config.policy)) {}

void Episode::on_token(SequenceId sequence, std::int32_t token) {
  if (sequence == main_) {
    on_main_token(token);
  } else if (aux_.owns(sequence)) {
    aux_.on_token(token);
  }
}

void Episode::on_main_token(std::int32_t token) {
  if (between_turns_) {
    if (turn_ >= config_.turn_limit) return finish(Outcome::turn_limit);
    begin_turn();
  }
  generated_.push_back(token);
  if (!fits(1)) return finish(Outcome::context_limit);
  if (chat_.ends_call(token)) return call_tool();
  if (chat_.ends_answer(token)) return answer();
  if (std::cmp_greater_equal(generated_.size(), config_.turn_max_tokens)) {
    return finish(Outcome::unparsable);
  }
  engine_.append(main_, {&token, 1});
}

void Episode::begin_turn() {
  between_turns_ = false;
  generated_.clear();
  const bool has_aux = config_.memory == Memory::auxiliary;
  if (has_aux) {
    for (const auto cursor : aux_.join_if_finished(id_, main_, turn_)) {
      live_cursors_.erase(cursor);
    }
  } else if (config_.memory == Memory::hindsight && turn_ > 0) {
    command_hindsight();
  }
  engine_.turn_boundary(main_, turn_);
  if (has_aux) aux_.fork_if_due(id_, main_, turn_, live_cursors_);
  engine_.notify(main_, TurnBegan{.episode = id_, .turn = turn_});
}

void Episode::command_hindsight() {
  std::vector<std::int32_t> expired;
  for (const int cursor : world_->expired_cursors(turn_)) {
    if (live_cursors_.erase(cursor) > 0) expired.push_back(cursor);
  }
  engine_.notify(main_, AuxForked{.episode = id_,
                                  .turn = turn_,
                                  .step = engine_.steps(main_) - 1,
                                  .fork_point = engine_.next_position(main_),
                                  .shared_pages = engine_.mapped_pages(main_)});
  engine_.notify(
      main_,
      AuxJoined{.episode = id_, .turn = turn_, .tokens = 0, .parsed = true, .cursors = expired});
}

void Episode::call_tool() {
  const auto call = chat_.parse_call(generated_);
  if (!call) return finish(Outcome::unparsable);
  const ToolReply reply = world_->call(call->text);
  const auto response = chat_.encode(reply.text);
  if (!fits(response.size() + 1)) return finish(Outcome::context_limit);

  ++calls_;
  const auto stop = engine_.next_position(main_);
  const auto call_tokens = static_cast<std::int32_t>(generated_.size()) - call->opening;
  if (reply.cursor >= 0) live_cursors_.insert(reply.cursor);
  engine_.notify(main_,
                 ToolResponded{.episode = id_,
                               .turn = turn_,
                               .cursor = reply.cursor,
                               .call = {.first = stop + 1 - call_tokens, .count = call_tokens},
                               .response = {.first = stop + 1,
                                            .count = static_cast<std::int32_t>(response.size())},
                               .tool = first_word(call->text)});
  std::vector<std::int32_t> input = {generated_.back()};
  input.insert(input.end(), response.begin(), response.end());
  engine_.append(main_, input);
  between_turns_ = true;
  ++turn_;
}

void Episode::answer() {
  const auto text = chat_.parse_answer(generated_);
  if (!text) return finish(Outcome::unparsable);
  finish(Outcome::complete, world_->grade(text->text));
}

void Episode::finish(Outcome outcome, Grade grade) {
  aux_.abandon();
  const EpisodeTotals& totals = meter_.totals(id_);
  ended_ = EpisodeEnded{.episode = id_,
                        .outcome = outcome,
                        .correct = grade.correct,
                        .strict = grade.strict,
                        .turns = turn_ + (between_turns_ ? 0 : 1),
                        .needed_calls = world_->needed_calls(),
                        .calls = calls_,
                        .peak_tokens = totals.peak_tokens,
                        .peak_tokens_with_aux = totals.peak_tokens_with_aux,
                        .aux_tokens = totals.aux_tokens,
                        .kv_reads_tokens = totals.kv_reads_tokens};
  engine_.notify(main_, *ended_);
  engine_.release(main_);
}

bool Episode::fits(std::size_t tokens) const {
  return std::cmp_less_equal(static_cast<std::size_t>(engine_.next_position(main_)) + tokens,
                             config_.context_limit);
}

}  // namespace pagequest::agent
