// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/recording_builder.h"

#include <limits>
#include <utility>
#include <variant>

namespace pagequest::traces {
namespace {

using namespace schema::v5;

constexpr EventKind kind_of(const EpisodeBegan& /*e*/) { return EventKind::episode_began; }
constexpr EventKind kind_of(const TokensFilled& /*e*/) { return EventKind::tokens_filled; }
constexpr EventKind kind_of(const PagesAttended& /*e*/) { return EventKind::pages_attended; }
constexpr EventKind kind_of(const TokensEvicted& /*e*/) { return EventKind::tokens_evicted; }
constexpr EventKind kind_of(const PageFreed& /*e*/) { return EventKind::page_freed; }
constexpr EventKind kind_of(const TurnBegan& /*e*/) { return EventKind::turn_began; }
constexpr EventKind kind_of(const ToolResponded& /*e*/) { return EventKind::tool_responded; }
constexpr EventKind kind_of(const AuxForked& /*e*/) { return EventKind::aux_forked; }
constexpr EventKind kind_of(const AuxJoined& /*e*/) { return EventKind::aux_joined; }
constexpr EventKind kind_of(const EpisodeEnded& /*e*/) { return EventKind::episode_ended; }
constexpr EventKind kind_of(const KeysBounded& /*e*/) { return EventKind::keys_bounded; }
constexpr EventKind kind_of(const HeadTokensEvicted& /*e*/) {
  return EventKind::head_tokens_evicted;
}
constexpr EventKind kind_of(const TokensRequantised& /*e*/) {
  return EventKind::tokens_requantised;
}
constexpr EventKind kind_of(const KeysRead& /*e*/) { return EventKind::keys_read; }

template <class E>
std::uint8_t byte(E value) {
  return static_cast<std::uint8_t>(value);
}

template <class T>
void append(std::vector<T>& to, std::span<const T> values) {
  to.insert(to.end(), values.begin(), values.end());
}

template <class Rows>
std::int64_t length(const Rows& rows) {
  return static_cast<std::int64_t>(rows.size());
}

}  // namespace

RecordingBuilder::RecordingBuilder(const Header& header, TakeBlock take_block,
                                   TakeBounds take_bounds)
    : take_block_(std::move(take_block)),
      take_bounds_(std::move(take_bounds)),
      cosines_(header.captures.query_cosine ? block_shape(header).groups : 0) {}

void RecordingBuilder::on(const Event& event) {
  std::visit(
      [this](const auto& e) {
        recording_.rows<EventRow>().push_back({byte(kind_of(e))});
        add(e);
      },
      event);
}

void RecordingBuilder::add(const EpisodeBegan& began) {
  recording_.episode.episode = began.episode.value;
}

void RecordingBuilder::add(const TokensFilled& filled) {
  auto& tokens = recording_.rows<TokenRow>();
  recording_.rows<StepRow>().push_back(
      {.thread = byte(filled.thread),
       .kind = byte(filled.kind),
       .step = filled.step,
       .iteration = filled.iteration,
       .first = filled.first,
       .tokens_begin = length(tokens),
       .tokens_count = static_cast<std::int32_t>(filled.tokens.size())});
  for (const std::int32_t token : filled.tokens) tokens.push_back({token});
}

void RecordingBuilder::add(const PagesAttended& attended) {
  OpenBlock& open = open_[byte(attended.thread)];
  if (open.block.steps.size() == kBlockSteps) close(open);
  if (open.number < 0) open.number = blocks_++;
  recording_.rows<AttentionRow>().push_back(
      {.thread = byte(attended.thread),
       .step = attended.step,
       .query_rows = attended.query_rows,
       .block = open.number,
       .slot = static_cast<std::int32_t>(open.block.steps.size())});
  open.block.add(attended);
  add_step_values(attended);
}

void RecordingBuilder::add_step_values(const PagesAttended& attended) {
  append(recording_.first_pages, attended.first_page);
  append(recording_.sink_shares, attended.sink_share);
  if (attended.query_cosine.empty()) {
    recording_.query_cosines.insert(recording_.query_cosines.end(), cosines_,
                                    std::numeric_limits<float>::quiet_NaN());
  }
  append(recording_.query_cosines, attended.query_cosine);
}

void RecordingBuilder::add(const KeysBounded& bounded) {
  recording_.key_bounds.push_back({.thread = byte(bounded.thread),
                                   .step = bounded.step,
                                   .page = bounded.page,
                                   .values_begin = 0});
  take_bounds_({.lowest = {bounded.lowest.begin(), bounded.lowest.end()},
                .highest = {bounded.highest.begin(), bounded.highest.end()}});
}

void RecordingBuilder::add(const TokensEvicted& evicted) {
  recording_.rows<EvictionRow>().push_back({.step = evicted.step,
                                            .turn = evicted.turn,
                                            .first = evicted.span.first,
                                            .count = evicted.span.count,
                                            .tokens = evicted.tokens});
}

void RecordingBuilder::add(const HeadTokensEvicted& evicted) {
  recording_.head_evictions.push_back({.step = evicted.step,
                                       .turn = evicted.turn,
                                       .layer = evicted.layer,
                                       .kv_head = evicted.kv_head,
                                       .first = evicted.span.first,
                                       .count = evicted.span.count,
                                       .tokens = evicted.tokens});
}

void RecordingBuilder::add(const TokensRequantised& requantised) {
  recording_.requantisations.push_back({.step = requantised.step,
                                        .turn = requantised.turn,
                                        .layer = requantised.layer,
                                        .kv_head = requantised.kv_head,
                                        .first = requantised.span.first,
                                        .count = requantised.span.count,
                                        .tokens = requantised.tokens,
                                        .key_bits = requantised.key_bits,
                                        .value_bits = requantised.value_bits});
}

void RecordingBuilder::add(const KeysRead& read) {
  recording_.key_reads.push_back({.thread = byte(read.thread), .step = read.step});
  append(recording_.keys_read, read.tokens);
}

void RecordingBuilder::add(const PageFreed& freed) {
  recording_.rows<PageFreedRow>().push_back(
      {.thread = byte(freed.thread), .step = freed.step, .page = freed.page});
}

void RecordingBuilder::add(const TurnBegan& began) {
  recording_.rows<TurnRow>().push_back({began.turn});
}

void RecordingBuilder::add(const ToolResponded& tool) {
  auto& names = recording_.rows<ToolNameRow>();
  recording_.rows<ToolRow>().push_back({.turn = tool.turn,
                                        .cursor = tool.cursor,
                                        .call_first = tool.call.first,
                                        .call_count = tool.call.count,
                                        .response_first = tool.response.first,
                                        .response_count = tool.response.count,
                                        .name_begin = length(names),
                                        .name_count = static_cast<std::int32_t>(tool.tool.size())});
  for (const char c : tool.tool) names.push_back({static_cast<std::uint8_t>(c)});
}

void RecordingBuilder::add(const AuxForked& forked) {
  recording_.rows<ForkRow>().push_back({.turn = forked.turn,
                                        .step = forked.step,
                                        .fork_point = forked.fork_point,
                                        .shared_pages = forked.shared_pages});
  close(open_[byte(Thread::auxiliary)]);
}

void RecordingBuilder::add(const AuxJoined& joined) {
  auto& cursors = recording_.rows<JoinCursorRow>();
  recording_.rows<JoinRow>().push_back(
      {.turn = joined.turn,
       .tokens = joined.tokens,
       .parsed = byte(joined.parsed),
       .cursors_begin = length(cursors),
       .cursors_count = static_cast<std::int32_t>(joined.cursors.size())});
  for (const std::int32_t cursor : joined.cursors) cursors.push_back({cursor});
}

void RecordingBuilder::add(const EpisodeEnded& ended) {
  EpisodeRow& row = recording_.episode;
  row.outcome = byte(ended.outcome);
  row.correct = byte(ended.correct);
  row.strict = byte(ended.strict);
  row.turns = ended.turns;
  row.needed_calls = ended.needed_calls;
  row.calls = ended.calls;
  row.peak_tokens = ended.peak_tokens;
  row.peak_tokens_with_aux = ended.peak_tokens_with_aux;
  row.aux_tokens = ended.aux_tokens;
  row.kv_reads_tokens = ended.kv_reads_tokens;
  for (OpenBlock& open : open_) close(open);
}

void RecordingBuilder::close(OpenBlock& open) {
  if (open.number < 0) return;
  take_block_(open.number, std::exchange(open.block, {}));
  open.number = -1;
}

}  // namespace pagequest::traces
