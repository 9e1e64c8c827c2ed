// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/event_decoder.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "traces/decode_values.h"

namespace pagequest::traces {
namespace {

using namespace schema::v5;

/// Sends one episode's events: keeps, for every table, how many of its rows were sent.
class Decoder {
 public:
  Decoder(const EpisodeRecording& recording, const Header& header, const LoadValues* load,
          EventSink& sink)
      : recording_(recording),
        header_(header),
        load_(load),
        sink_(sink),
        id_{recording.episode.episode} {}

  void run() {
    for (const EventRow& event : recording_.rows<EventRow>()) {
      send(decode_enum(event.kind, EventKind::keys_read, "unknown kind of event"));
    }
    expect_all_sent(EventKind::tokens_filled, recording_.rows<StepRow>());
    expect_all_sent(EventKind::pages_attended, recording_.rows<AttentionRow>());
    expect_all_sent(EventKind::tokens_evicted, recording_.rows<EvictionRow>());
    expect_all_sent(EventKind::page_freed, recording_.rows<PageFreedRow>());
    expect_all_sent(EventKind::turn_began, recording_.rows<TurnRow>());
    expect_all_sent(EventKind::tool_responded, recording_.rows<ToolRow>());
    expect_all_sent(EventKind::aux_forked, recording_.rows<ForkRow>());
    expect_all_sent(EventKind::aux_joined, recording_.rows<JoinRow>());
    expect_all_sent(EventKind::keys_bounded, recording_.key_bounds);
    expect_all_sent(EventKind::head_tokens_evicted, recording_.head_evictions);
    expect_all_sent(EventKind::tokens_requantised, recording_.requantisations);
    expect_all_sent(EventKind::keys_read, recording_.key_reads);
  }

 private:
  void send(EventKind kind) {
    switch (kind) {
      case EventKind::episode_began:
        return sink_.on(EpisodeBegan{id_});
      case EventKind::tokens_filled:
        return send(next(kind, recording_.rows<StepRow>()));
      case EventKind::pages_attended:
        return load_ != nullptr ? send(next(kind, recording_.rows<AttentionRow>())) : void();
      case EventKind::tokens_evicted:
        return send(next(kind, recording_.rows<EvictionRow>()));
      case EventKind::page_freed:
        return send(next(kind, recording_.rows<PageFreedRow>()));
      case EventKind::turn_began:
        return sink_.on(TurnBegan{id_, next(kind, recording_.rows<TurnRow>()).turn});
      case EventKind::tool_responded:
        return send(next(kind, recording_.rows<ToolRow>()));
      case EventKind::aux_forked:
        return send(next(kind, recording_.rows<ForkRow>()));
      case EventKind::aux_joined:
        return send(next(kind, recording_.rows<JoinRow>()));
      case EventKind::episode_ended:
        return sink_.on(decode_episode(recording_.episode));
      case EventKind::keys_bounded:
        return load_ != nullptr ? send(next(kind, recording_.key_bounds)) : void();
      case EventKind::head_tokens_evicted:
        return send(next(kind, recording_.head_evictions));
      case EventKind::tokens_requantised:
        return send(next(kind, recording_.requantisations));
      case EventKind::keys_read:
        return send(next(kind, recording_.key_reads));
    }
  }

  template <class Row>
  void expect_all_sent(EventKind kind, const std::vector<Row>& rows) const {
    if (sent_[static_cast<std::size_t>(kind)] != rows.size()) {
      reject("more rows of a table than events, rows", std::ssize(rows));
    }
  }

  template <class Row>
  const Row& next(EventKind kind, const std::vector<Row>& rows) {
    std::size_t& sent = sent_[static_cast<std::size_t>(kind)];
    if (sent == rows.size()) reject("more events than rows of a table, rows", std::ssize(rows));
    return rows[sent++];
  }

  void send(const StepRow& row) {
    const TokenSpan span = decode_span(row.first, row.tokens_count);
    integers_.clear();
    for (std::int32_t i = 0; i < span.count; ++i) {
      const auto at = static_cast<std::size_t>(row.tokens_begin + i);
      integers_.push_back(recording_.rows<TokenRow>()[at].token);
    }
    sink_.on(TokensFilled{.episode = id_,
                          .thread = decode_thread(row.thread),
                          .kind = decode_enum(row.kind, StepKind::decode, "unknown kind of step"),
                          .step = row.step,
                          .iteration = row.iteration,
                          .first = span.first,
                          .tokens = integers_});
  }

  void send(const AttentionRow& row) {
    const Thread thread = decode_thread(row.thread);
    const PackedBlock& block = block_of(thread, static_cast<std::size_t>(row.block));
    if (row.slot < 0 || std::cmp_greater_equal(row.slot, block.steps)) {
      reject("a step outside its block", row.slot);
    }
    const UnpackedStep step = unpack(block, static_cast<std::size_t>(row.slot));
    for (const std::int32_t page : step.pages) {
      if (page < 0) reject("negative page", page);
    }
    const auto number = sent_[static_cast<std::size_t>(EventKind::pages_attended)] - 1;
    const std::size_t groups = block.shape.groups;
    const auto layers = static_cast<std::size_t>(header_.layers);
    const auto first_page = row_of(recording_.first_pages, number, layers);
    for (const std::int32_t first : first_page) {
      if (first >= 0 && std::cmp_less_equal(first, step.pages.size())) continue;
      reject("a layer's first page is none of its step's", first);
    }
    sink_.on(PagesAttended{
        .episode = id_,
        .thread = thread,
        .step = row.step,
        .query_rows = row.query_rows,
        .layers = header_.layers,
        .kv_heads = header_.kv_heads,
        .pages = step.pages,
        .mean = step.mean,
        .max = step.max,
        .first_page = first_page,
        .sink_share = row_of(recording_.sink_shares, number, groups),
        .query_head_mass = step.query_head_mass,
        .thresholds = header_.captures.thresholds,
        .tokens_above = step.tokens_above,
        .query_cosine = without_nan(row_of(recording_.query_cosines, number, groups))});
  }

  void send(const KeyBoundsRow& row) {
    if (row.page < 0) reject("negative page", row.page);
    const auto number = sent_[static_cast<std::size_t>(EventKind::keys_bounded)] - 1;
    const KeyBounds bounds = load_->bounds(number);
    sink_.on(KeysBounded{.episode = id_,
                         .thread = decode_thread(row.thread),
                         .step = row.step,
                         .page = row.page,
                         .layers = header_.layers,
                         .kv_heads = header_.kv_heads,
                         .head_dim = header_.head_dim,
                         .lowest = bounds.lowest,
                         .highest = bounds.highest});
  }

  /// The two threads' blocks alternate, so each thread keeps its own.
  const PackedBlock& block_of(Thread thread, std::size_t number) {
    LoadedBlock& loaded = loaded_[static_cast<std::size_t>(thread)];
    if (loaded.number != number) loaded = {.number = number, .block = load_->block(number)};
    return loaded.block;
  }

  void send(const EvictionRow& row) {
    sink_.on(TokensEvicted{.episode = id_,
                           .step = row.step,
                           .turn = row.turn,
                           .span = decode_span(row.first, row.count),
                           .tokens = row.tokens});
  }

  /// `least` is the lowest number that a layer can have.
  void expect_scope(std::int32_t layer, std::int32_t kv_head, std::int32_t least) const {
    if (layer < least || layer >= header_.layers) reject("no such layer", layer);
    if (kv_head < -1 || kv_head >= header_.kv_heads) reject("no such KV head", kv_head);
  }

  void send(const HeadEvictionRow& row) {
    expect_scope(row.layer, row.kv_head, 0);
    sink_.on(HeadTokensEvicted{.episode = id_,
                               .step = row.step,
                               .turn = row.turn,
                               .layer = row.layer,
                               .kv_head = row.kv_head,
                               .span = decode_span(row.first, row.count),
                               .tokens = row.tokens});
  }

  void send(const RequantisationRow& row) {
    expect_scope(row.layer, row.kv_head, -1);
    sink_.on(TokensRequantised{.episode = id_,
                               .step = row.step,
                               .turn = row.turn,
                               .layer = row.layer,
                               .kv_head = row.kv_head,
                               .span = decode_span(row.first, row.count),
                               .tokens = row.tokens,
                               .key_bits = row.key_bits,
                               .value_bits = row.value_bits});
  }

  void send(const KeyReadsRow& row) {
    const auto number = sent_[static_cast<std::size_t>(EventKind::keys_read)] - 1;
    const auto heads =
        static_cast<std::size_t>(header_.layers) * static_cast<std::size_t>(header_.kv_heads);
    sink_.on(KeysRead{.episode = id_,
                      .thread = decode_thread(row.thread),
                      .step = row.step,
                      .layers = header_.layers,
                      .kv_heads = header_.kv_heads,
                      .tokens = row_of(recording_.keys_read, number, heads)});
  }

  void send(const PageFreedRow& row) {
    if (row.page < 0) reject("negative page", row.page);
    sink_.on(PageFreed{
        .episode = id_, .thread = decode_thread(row.thread), .step = row.step, .page = row.page});
  }

  void send(const ToolRow& row) {
    std::string name;
    for (std::int32_t i = 0; i < row.name_count; ++i) {
      const auto at = static_cast<std::size_t>(row.name_begin + i);
      name.push_back(static_cast<char>(recording_.rows<ToolNameRow>()[at].byte));
    }
    sink_.on(ToolResponded{.episode = id_,
                           .turn = row.turn,
                           .cursor = row.cursor,
                           .call = decode_span(row.call_first, row.call_count),
                           .response = decode_span(row.response_first, row.response_count),
                           .tool = name});
  }

  void send(const ForkRow& row) {
    sink_.on(AuxForked{.episode = id_,
                       .turn = row.turn,
                       .step = row.step,
                       .fork_point = row.fork_point,
                       .shared_pages = row.shared_pages});
  }

  void send(const JoinRow& row) {
    integers_.clear();
    for (std::int32_t i = 0; i < row.cursors_count; ++i) {
      const auto at = static_cast<std::size_t>(row.cursors_begin + i);
      integers_.push_back(recording_.rows<JoinCursorRow>()[at].cursor);
    }
    sink_.on(AuxJoined{.episode = id_,
                       .turn = row.turn,
                       .tokens = row.tokens,
                       .parsed = row.parsed != 0,
                       .cursors = integers_});
  }

  struct LoadedBlock {
    std::size_t number = std::numeric_limits<std::size_t>::max();
    PackedBlock block;
  };

  const EpisodeRecording& recording_;
  const Header& header_;
  const LoadValues* load_;
  EventSink& sink_;
  EpisodeId id_;
  std::array<std::size_t, kEventKinds> sent_{};
  std::array<LoadedBlock, 2> loaded_;  // by thread
  std::vector<std::int32_t> integers_;
};

}  // namespace

void decode_events(const EpisodeRecording& recording, const Header& header, const LoadValues* load,
                   EventSink& sink) {
  Decoder(recording, header, load, sink).run();
}

EpisodeEnded decode_episode(const EpisodeRow& row) {
  return {.episode = EpisodeId{row.episode},
          .outcome = decode_enum(row.outcome, Outcome::turn_limit, "unknown outcome"),
          .correct = row.correct != 0,
          .strict = row.strict != 0,
          .turns = row.turns,
          .needed_calls = row.needed_calls,
          .calls = row.calls,
          .peak_tokens = row.peak_tokens,
          .peak_tokens_with_aux = row.peak_tokens_with_aux,
          .aux_tokens = row.aux_tokens,
          .kv_reads_tokens = row.kv_reads_tokens};
}

}  // namespace pagequest::traces
