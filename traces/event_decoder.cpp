// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/event_decoder.h"

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace pagequest::traces {
namespace {

using namespace schema::v1;

[[noreturn]] void reject(std::string_view what, std::int64_t found) {
  throw input_error({.what = "the trace is inconsistent: " + std::string(what),
                     .where = {},
                     .found = std::to_string(found),
                     .expected = {},
                     .hint = {}});
}

template <class E>
E decode_enum(std::uint8_t value, E last, std::string_view what) {
  if (value > static_cast<std::uint8_t>(last)) reject(what, value);
  return static_cast<E>(value);
}

Thread decode_thread(std::uint8_t value) {
  return decode_enum(value, Thread::auxiliary, "unknown thread");
}

TokenSpan decode_span(std::int32_t first, std::int32_t count) {
  if (first < 0) reject("negative position", first);
  if (count < 0 || count > std::numeric_limits<std::int32_t>::max() - first) {
    reject("impossible number of tokens", count);
  }
  return {.first = first, .count = count};
}

/// Sends one episode's events: keeps, for every table, how many of its rows were sent.
class Decoder {
 public:
  Decoder(const EpisodeRecording& recording, const Header& header, const LoadBlock& load_block,
          EventSink& sink)
      : recording_(recording),
        header_(header),
        load_block_(load_block),
        sink_(sink),
        id_{recording.episode.episode} {}

  void run() {
    for (const EventRow& event : recording_.rows<EventRow>()) {
      send(decode_enum(event.kind, EventKind::episode_ended, "unknown kind of event"));
    }
    expect_all_sent<StepRow>(EventKind::tokens_filled);
    expect_all_sent<AttentionRow>(EventKind::pages_attended);
    expect_all_sent<EvictionRow>(EventKind::tokens_evicted);
    expect_all_sent<PageFreedRow>(EventKind::page_freed);
    expect_all_sent<TurnRow>(EventKind::turn_began);
    expect_all_sent<ToolRow>(EventKind::tool_responded);
    expect_all_sent<ForkRow>(EventKind::aux_forked);
    expect_all_sent<JoinRow>(EventKind::aux_joined);
  }

 private:
  void send(EventKind kind) {
    switch (kind) {
      case EventKind::episode_began:
        return sink_.on(EpisodeBegan{id_});
      case EventKind::tokens_filled:
        return send(next<StepRow>(kind));
      case EventKind::pages_attended:
        return load_block_ ? send(next<AttentionRow>(kind)) : void();
      case EventKind::tokens_evicted:
        return send(next<EvictionRow>(kind));
      case EventKind::page_freed:
        return send(next<PageFreedRow>(kind));
      case EventKind::turn_began:
        return sink_.on(TurnBegan{id_, next<TurnRow>(kind).turn});
      case EventKind::tool_responded:
        return send(next<ToolRow>(kind));
      case EventKind::aux_forked:
        return send(next<ForkRow>(kind));
      case EventKind::aux_joined:
        return send(next<JoinRow>(kind));
      case EventKind::episode_ended:
        return sink_.on(decode_episode(recording_.episode));
    }
  }

  template <class Row>
  void expect_all_sent(EventKind kind) const {
    const auto rows = recording_.rows<Row>().size();
    if (sent_[static_cast<std::size_t>(kind)] != rows) {
      reject("more rows of a table than events, rows", static_cast<std::int64_t>(rows));
    }
  }

  template <class Row>
  const Row& next(EventKind kind) {
    std::size_t& sent = sent_[static_cast<std::size_t>(kind)];
    const auto& rows = recording_.rows<Row>();
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
    sink_.on(PagesAttended{.episode = id_,
                           .thread = thread,
                           .step = row.step,
                           .query_rows = row.query_rows,
                           .layers = header_.layers,
                           .kv_heads = header_.kv_heads,
                           .pages = step.pages,
                           .mean = step.mean,
                           .max = step.max});
  }

  /// The two threads' blocks alternate, so each thread keeps its own.
  const PackedBlock& block_of(Thread thread, std::size_t number) {
    LoadedBlock& loaded = loaded_[static_cast<std::size_t>(thread)];
    if (loaded.number != number) loaded = {.number = number, .block = load_block_(number)};
    return loaded.block;
  }

  void send(const EvictionRow& row) {
    sink_.on(TokensEvicted{.episode = id_,
                           .step = row.step,
                           .turn = row.turn,
                           .span = decode_span(row.first, row.count),
                           .tokens = row.tokens});
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
  const LoadBlock& load_block_;
  EventSink& sink_;
  EpisodeId id_;
  std::array<std::size_t, kEventKinds> sent_{};
  std::array<LoadedBlock, 2> loaded_;  // by thread
  std::vector<std::int32_t> integers_;
};

}  // namespace

void decode_events(const EpisodeRecording& recording, const Header& header,
                   const LoadBlock& load_block, EventSink& sink) {
  Decoder(recording, header, load_block, sink).run();
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
