// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/episode.h"

#include <algorithm>
#include <string>
#include <utility>

namespace pagequest::agent {
namespace {

/// Without the namespace that harmony puts before it.
std::string function_name(const std::string& name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

Episode::Episode(EpisodeId id, std::unique_ptr<World> world, runtime::Engine& engine,
                 const chat::Format& format, const EpisodeMeter& meter, const AgentConfig& config)
    : id_(id),
      world_(std::move(world)),
      engine_(engine),
      format_(format),
      meter_(meter),
      config_(config),
      aux_(engine, format, config),
      has_tools_(!world_->conversation().tools.empty()),
      main_(engine.add(id, format.prompt(world_->conversation()).tokens, config.sampling,
                       config.policy)) {}

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
  const bool ends_turn = parser_->push(token);
  if (!fits(1)) return finish(Outcome::context_limit);
  if (ends_turn) return end_turn();
  if (std::cmp_greater_equal(parser_->tokens().size(), turn_max_tokens())) {
    return finish(world_->overrun_outcome());
  }
  engine_.append(main_, {&token, 1});
}

void Episode::begin_turn() {
  between_turns_ = false;
  parser_ = format_.parser(has_tools_);
  const bool has_aux = config_.memory == Memory::auxiliary;
  if (has_aux) {
    for (const auto cursor : aux_.join_if_finished(id_, main_, turn_)) {
      live_cursors_.erase(cursor);
    }
  } else if (config_.memory == Memory::hindsight && turn_ > 0) {
    command_hindsight();
  }
  engine_.turn_boundary(main_, turn_);
  if (has_aux) aux_.fork_if_due(id_, main_, turn_, open_cursors());
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

void Episode::end_turn() {
  const chat::Turn turn = parser_->turn();
  switch (turn.kind) {
    case chat::TurnKind::calls:
      return call_tools(turn);
    case chat::TurnKind::answer:
      return finish(Outcome::complete, world_->grade(turn.answer));
    case chat::TurnKind::malformed:
      return finish(Outcome::unparsable);
  }
}

void Episode::call_tools(const chat::Turn& turn) {
  std::vector<ToolReply> replies;
  std::vector<chat::ToolOutput> outputs;
  for (const auto& written : turn.calls) {
    replies.push_back(world_->call(written.call));
    outputs.push_back({.tool = written.call.name, .text = replies.back().text});
  }
  const auto appended = format_.replies(parser_->tokens().back(), outputs);
  if (!fits(appended.tokens.size() + 1)) return finish(Outcome::context_limit);

  notify_calls(turn, replies, appended.responses);
  std::vector<std::int32_t> input = {appended.stop_token};
  input.insert(input.end(), appended.tokens.begin(), appended.tokens.end());
  engine_.append(main_, input);
  between_turns_ = true;
  ++turn_;
}

/// The token that ended the turn is not in the sequence yet: it gets the next position.
void Episode::notify_calls(const chat::Turn& turn, const std::vector<ToolReply>& replies,
                           const std::vector<TokenSpan>& responses) {
  const auto stop = engine_.next_position(main_);
  const auto turn_first = stop + 1 - static_cast<std::int32_t>(parser_->tokens().size());
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto& written = turn.calls[i];
    ++calls_;
    if (replies[i].cursor >= 0) live_cursors_.insert(replies[i].cursor);
    const std::string tool = function_name(written.call.name);
    engine_.notify(
        main_,
        ToolResponded{
            .episode = id_,
            .turn = turn_,
            .cursor = replies[i].cursor,
            .call = {.first = turn_first + written.tokens.first, .count = written.tokens.count},
            .response = {.first = stop + 1 + responses[i].first, .count = responses[i].count},
            .tool = tool});
  }
}

std::vector<chat::OpenCursor> Episode::open_cursors() const {
  std::vector<chat::OpenCursor> open;
  for (const auto cursor : live_cursors_) {
    open.push_back({.cursor = cursor, .title = world_->cursor_title(cursor)});
  }
  return open;
}

std::int32_t Episode::turn_max_tokens() const {
  return world_->turn_max_tokens().value_or(config_.turn_max_tokens);
}

void Episode::finish(Outcome outcome, Grade grade) {
  aux_.abandon();
  engine_.flush();  // the totals count the last step
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
