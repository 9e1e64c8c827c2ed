// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/program_rewriter.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "base/event_sink.h"
#include "engine/kv/policies/registry.h"

namespace pagequest::simulator {
namespace {

constexpr std::size_t kMostZeros = 1 << 16;

/// hindsight is `sidequest` with commands that need no model.
kv::PolicySpec registered(const kv::PolicySpec& policy) {
  if (policy.name != kHindsightPolicy) return policy;
  return {.name = "sidequest", .params = policy.params, .budget_tokens = policy.budget_tokens};
}

/// Joins spans that touch; they are ascending then.
void merge_spans(std::vector<TokenSpan>& spans) {
  std::ranges::sort(spans, {}, &TokenSpan::first);
  std::size_t kept = 0;
  for (const TokenSpan span : spans) {
    if (kept > 0 && span.first <= spans[kept - 1].end()) {
      TokenSpan& last = spans[kept - 1];
      last.count = std::max(last.end(), span.end()) - last.first;
    } else {
      spans[kept++] = span;
    }
  }
  spans.resize(kept);
}

bool overlap(TokenSpan a, TokenSpan b) { return a.first < b.end() && b.first < a.end(); }

template <class Fill>
void append(std::vector<Operation>& program, Fill operation) {
  auto* last = program.empty() ? nullptr : std::get_if<Fill>(&program.back());
  if (last != nullptr) {
    last->tokens += operation.tokens;
  } else {
    program.emplace_back(operation);
  }
}

}  // namespace

ProgramRewriter::ProgramRewriter(const Session& session, std::span<const ToolResponse> responses,
                                 const PolicySettings& settings)
    : session_(session),
      truth_(responses),
      settings_(settings),
      spec_(registered(settings.policy)),
      is_hindsight_(settings.policy.name == kHindsightPolicy),
      has_aux_(!is_hindsight_ && kv::find_policy(spec_.name).names_by_model),
      aux_(settings.aux, settings.seed, session.episode) {
  const kv::Trigger trigger = kv::find_policy(spec_.name).trigger;
  decides_each_step_ = trigger == kv::Trigger::budget || trigger == kv::Trigger::rule;
  begin_sequence();
}

void ProgramRewriter::begin_sequence() {
  const std::int32_t heads = settings_.attention.heads;
  replay_.emplace(spec_, settings_.page_tokens, settings_.lag_steps,
                  kv::KvShape{.layers = 1, .kv_heads = heads});
  const auto episode = static_cast<std::uint32_t>(session_.episode.value);
  std::uint64_t key =
      mix64(settings_.seed ^ mix64(episode)) + static_cast<std::uint64_t>(sequences_++);
  attention_.clear();
  for (std::int32_t head = 0; head < heads; ++head, key = mix64(key)) {
    attention_.emplace_back(settings_.attention, key);
  }
  responses_.clear();
  written_ = 0;
  filled_ = step_ = decode_steps_ = 0;
  replay_->on(EpisodeBegan{session_.episode});
}

/// The decision of the last step is still due.
void ProgramRewriter::end_sequence() {
  EpisodeEnded ended{};
  ended.episode = session_.episode;
  on(ended);
}

ManagedSession ProgramRewriter::run() {
  Session& out = out_.session;
  out = {.episode = session_.episode,
         .program = {},
         .turns = session_.turns,
         .arrival = session_.arrival,
         .priority = session_.priority,
         .blocks = session_.blocks};
  for (std::size_t at = 0; at < session_.program.size(); ++at) play(at);
  end_sequence();
  out_.aux_passes = aux_.passes();
  for (const Session& agent : session_.agents) {
    ManagedSession managed = ProgramRewriter(agent, {}, settings_).run();
    out.agents.push_back(std::move(managed.session));
  }
  return std::move(out_);
}

void ProgramRewriter::play(std::size_t at) {
  const Operation& operation = session_.program[at];
  std::visit(
      Overloaded{[&](const Prefill& op) { fill(op.tokens, StepKind::prefill); },
                 [&](const Decode& op) { decode(op.tokens); }, [&](const CallTool&) { call(at); },
                 [&](const BeginTurn& op) { begin_turn(op); },
                 [&](const Prompt& op) {
                   end_sequence();
                   begin_sequence();
                   out_.session.program.emplace_back(op);
                   fill(op.tokens, StepKind::prefill, true);
                 },
                 [&](const auto& op) { out_.session.program.emplace_back(op); }},
      operation);
}

void ProgramRewriter::on(const Event& event) {
  replay_->on(event);
  if (replay_->decided().size() > written_) write_victims();
}

void ProgramRewriter::write_victims() {
  const std::vector<Victim>& decided = replay_->decided();
  spans_.clear();
  for (; written_ < decided.size(); ++written_) {
    const Victim& victim = decided[written_];
    if (victim.layer >= 0 || victim.key_bits > 0) continue;  // other heads still hold the tokens
    spans_.push_back({victim.span.first, std::min(victim.span.end(), filled_) - victim.span.first});
  }
  merge_spans(spans_);
  for (const TokenSpan span : spans_) {
    if (span.count <= 0) continue;
    out_.session.program.emplace_back(Evict{span});
    count_lost(span);
  }
}

void ProgramRewriter::count_lost(TokenSpan span) {
  const std::int32_t needed_from = turn_ + (at_boundary_ ? 0 : 1);
  const std::size_t known = std::min(responses_.size(), truth_.size());
  for (std::size_t cursor = 0; cursor < known; ++cursor) {
    Response& response = responses_[cursor];
    if (response.lost || truth_[cursor].last_use < needed_from) continue;
    response.lost = overlap(response.span, span);
    out_.lost_responses += response.lost ? 1 : 0;
  }
}

void ProgramRewriter::decode(std::int32_t tokens) {
  aux_.advance(tokens);
  if (!decides_each_step_) return fill(tokens, StepKind::decode);
  for (std::int32_t i = 0; i < tokens; ++i) fill(1, StepKind::decode);
}

void ProgramRewriter::fill(std::int32_t tokens, StepKind kind, bool is_prompt) {
  const std::int32_t most = kind == StepKind::prefill && decides_each_step_
                                ? settings_.prefill_chunk_tokens
                                : static_cast<std::int32_t>(kMostZeros);
  auto& program = out_.session.program;
  for (std::int32_t done = 0; done < tokens;) {
    const std::int32_t chunk = std::min(most, tokens - done);
    zeros_.resize(std::max(zeros_.size(), static_cast<std::size_t>(chunk)), 0);
    on(TokensFilled{.episode = session_.episode,
                    .thread = Thread::main,
                    .kind = kind,
                    .step = step_,
                    .iteration = step_,
                    .first = filled_,
                    .tokens = std::span(zeros_).first(static_cast<std::size_t>(chunk))});
    filled_ += chunk;
    done += chunk;
    if (!is_prompt) {
      kind == StepKind::prefill ? append(program, Prefill{chunk}) : append(program, Decode{chunk});
    }
    attend(kind, chunk);
    ++step_;
  }
}

void ProgramRewriter::attend(StepKind kind, std::int32_t tokens) {
  const std::int32_t every = settings_.attention.every_steps;
  const bool decodes = kind == StepKind::decode;
  if (decodes) decode_steps_ += tokens;
  if (!replay_->wants_attention() || (decodes && decode_steps_ % every != 0)) return;
  const kv::LiveTokens& live = replay_->live();
  pages_.clear();
  for (std::int32_t page = 0; page < live.pages(); ++page) {
    if (live.in_page(page) > 0) pages_.push_back(page);
  }
  masses_.clear();
  for (AttentionModel& head : attention_) {
    const std::span<const float> row = head.masses(pages_, decode_steps_);
    masses_.insert(masses_.end(), row.begin(), row.end());
  }
  const std::int32_t rows = decodes ? every : std::min(tokens, settings_.attention.prefill_rows);
  on(PagesAttended{.episode = session_.episode,
                   .thread = Thread::main,
                   .step = step_,
                   .query_rows = rows,
                   .layers = 1,
                   .kv_heads = settings_.attention.heads,
                   .pages = pages_,
                   .mean = masses_,
                   .max = masses_});
}

void ProgramRewriter::call(std::size_t at) {
  const auto& program = session_.program;
  const auto& operation = std::get<CallTool>(program[at]);
  at_boundary_ = true;
  const std::int32_t turn = turn_++;
  const auto* response = at + 1 < program.size() ? std::get_if<Prefill>(&program[at + 1]) : nullptr;
  if (response != nullptr) {
    const std::size_t index = turns_ == 0 ? 0 : turns_ - 1;
    const std::int32_t call =
        index < session_.turns.size() ? std::min(session_.turns[index].call, filled_) : 0;
    responses_.push_back({.span = {filled_, response->tokens}});
    on(ToolResponded{.episode = session_.episode,
                     .turn = turn,
                     .cursor = static_cast<std::int32_t>(responses_.size()) - 1,
                     .call = {filled_ - call, call},
                     .response = responses_.back().span,
                     .tool = operation.tool});
  }
  out_.session.program.emplace_back(operation);
}

void ProgramRewriter::begin_turn(const BeginTurn& turn) {
  if (has_aux_ && aux_.has_ended(turn_)) {
    out_.session.program.emplace_back(JoinAux{});
    command(turn.turn, aux_.join());
  }
  if (has_aux_ && aux_.is_immediate() && aux_.is_due(turn_)) {
    fork(turn_);
    out_.session.program.emplace_back(JoinAux{});
    command(turn.turn, aux_.join());
  }
  if (is_hindsight_ && turn_ % settings_.aux.hindsight_interval_turns == 0) {
    command(turn.turn, expired(turn_));
  }
  on(TurnBegan{.episode = session_.episode, .turn = turn.turn});
  if (has_aux_ && !aux_.is_immediate() && aux_.is_due(turn_)) fork(turn_);
  out_.session.program.emplace_back(turn);
  at_boundary_ = false;
  ++turns_;
}

void ProgramRewriter::fork(std::int32_t turn) {
  out_.session.program.emplace_back(aux_.fork(turn, expired(turn)));
}

void ProgramRewriter::command(std::int32_t turn, std::span<const std::int32_t> cursors) {
  on(AuxJoined{
      .episode = session_.episode, .turn = turn, .tokens = 0, .parsed = true, .cursors = cursors});
}

std::vector<std::int32_t> ProgramRewriter::expired(std::int32_t turn) const {
  std::vector<std::int32_t> cursors;
  const std::size_t known = std::min(responses_.size(), truth_.size());
  for (std::size_t cursor = 0; cursor < known; ++cursor) {
    if (truth_[cursor].last_use >= turn) continue;
    if (replay_->live().in(responses_[cursor].span) == 0) continue;
    cursors.push_back(static_cast<std::int32_t>(cursor));
  }
  return cursors;
}

}  // namespace pagequest::simulator
