// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "base/ids.h"

/// The event alphabet: what happens to the pages and the turns of an episode. The engine emits
/// events, policies consume them, the recorder stores them and the trace reader returns them, so a
/// policy sees the same numbers in the engine and in a replay.
///
/// Conventions, for all events:
/// - A *page* is a logical page of its thread's sequence: position / page size. Positions are never
///   reused and evictions leave gaps, so a logical page names the same tokens for ever.
/// - A *step* is one forward pass of one thread, counted from 0 for each thread.
/// - Spans and string views live only during the call that delivers the event.
namespace pagequest {

/// The main thread of an episode, or its auxiliary (memory management) thread, SideQuest section 3.
enum class Thread : std::uint8_t { main, auxiliary };

enum class StepKind : std::uint8_t { prefill, decode };

/// Half-open range of token positions [first, first + count).
struct TokenSpan {
  std::int32_t first = 0;
  std::int32_t count = 0;
  [[nodiscard]] constexpr std::int32_t end() const { return first + count; }
  constexpr bool operator==(const TokenSpan&) const = default;
};

struct EpisodeBegan {
  EpisodeId episode;
};

/// Tokens got keys and values at consecutive positions. One event a thread and step. With shared
/// prefixes the first step of a thread may tell of tokens whose pages another sequence computed:
/// no PagesAttended follows it, and the next step can have the same iteration.
struct TokensFilled {
  EpisodeId episode;
  Thread thread;
  StepKind kind;
  std::int32_t step;
  std::int64_t iteration;  // of the whole engine: steps of one iteration ran in one batch
  std::int32_t first;      // position of tokens[0]
  std::span<const std::int32_t> tokens;
};

/// Attention mass of one step, summed over the tokens of each page. Follows the TokensFilled of
/// its step. For a decode step the row is the new token's; for a prefill chunk it is the mean over
/// the last `query_rows` rows of the chunk. Spans from `first_page` on are empty where the model
/// lacks the feature or the recording did not ask for them.
struct PagesAttended {
  EpisodeId episode;
  Thread thread;
  std::int32_t step;
  std::int32_t query_rows;
  std::int32_t layers;
  std::int32_t kv_heads;
  std::span<const std::int32_t> pages;  // with at least one live token, ascending
  /// (layer, KV head, page): mean and maximum over the query heads that share the KV head.
  /// Each (layer, KV head) row of `mean` and its `sink_share` sum to 1.
  std::span<const float> mean;
  std::span<const float> max;
  /// (layer): index in `pages` of the first page that the layer sees. Pages before it are outside
  /// of the layer's sliding window: they are absent there, and their masses are 0.
  std::span<const std::int32_t> first_page = {};
  /// (layer, KV head): share of the learned attention sinks, mean over the query heads.
  std::span<const float> sink_share = {};
  /// (layer, query head, page): the masses before they are reduced over the group.
  std::span<const float> query_head_mass = {};
  /// (threshold), ascending, and (threshold, layer, KV head, page): bit i is set if the largest
  /// probability of token i of the page, over the query heads of the group and the captured rows,
  /// reaches the threshold.
  std::span<const float> thresholds = {};
  std::span<const std::uint64_t> tokens_above = {};
  /// (layer, KV head): cosine of the step's last query with that of the thread's step before, after
  /// the rotary embedding, mean over the query heads of the group. Empty where the step before was
  /// not captured (a thread's first step, or behind shared pages).
  std::span<const float> query_cosine = {};
};

/// The last token of a page was filled: component-wise bounds of its keys, as Quest keeps them
/// (arXiv 2406.10774, section 3.2). Follows the step's PagesAttended, if it has one; only when
/// asked for. A layer or head that holds none of the tokens any more has zeros.
struct KeysBounded {
  EpisodeId episode;
  Thread thread;
  std::int32_t step;
  std::int32_t page;
  std::int32_t layers;
  std::int32_t kv_heads;
  std::int32_t head_dim;
  std::span<const float> lowest;  // (layer, KV head, head_dim), of the page's live tokens
  std::span<const float> highest;
};

/// Keys and values of the live tokens of `span` were dropped, from whichever heads still held them;
/// `tokens` of them were live.
struct TokensEvicted {
  EpisodeId episode;
  std::int32_t step;  // the last main step before the eviction
  std::int32_t turn;
  TokenSpan span;
  std::int32_t tokens;
};

/// Keys and values of the live tokens of `span` were dropped from some KV heads only: those of
/// `layer`, and of these only `kv_head` unless it is -1; `tokens` of them were live there. What no
/// head holds any more is told of by TokensEvicted events, which follow.
struct HeadTokensEvicted {
  EpisodeId episode;
  std::int32_t step;  // the last main step before the eviction
  std::int32_t turn;
  std::int32_t layer;
  std::int32_t kv_head;
  TokenSpan span;
  std::int32_t tokens;
};

/// From now on the live tokens of `span` in the scope are accounted as stored with so many bits an
/// element of their keys and values. A model of bytes: the numbers that the engine computes with
/// stay as they are. The scope is the KV head `kv_head` of `layer`; -1: all KV heads of the layer,
/// and with layer -1 all of the model. `tokens` of the span were live there.
struct TokensRequantised {
  EpisodeId episode;
  std::int32_t step;  // the last main step before the decision
  std::int32_t turn;
  std::int32_t layer;
  std::int32_t kv_head;
  TokenSpan span;
  std::int32_t tokens;
  std::int32_t key_bits;  // an element
  std::int32_t value_bits;
};

/// A decode step read only some keys, which it selected when it read them (Quest, arXiv
/// 2406.10774). Follows the step's TokensFilled and, if it has them, its PagesAttended and
/// KeysBounded. Without the event a decode step reads all live tokens.
struct KeysRead {
  EpisodeId episode;
  Thread thread;
  std::int32_t step;
  std::int32_t layers;
  std::int32_t kv_heads;
  std::span<const std::int32_t> tokens;  // (layer, KV head): keys that the step read
};

/// The thread dropped its reference to a page because no live token is left in it.
struct PageFreed {
  EpisodeId episode;
  Thread thread;
  std::int32_t step;
  std::int32_t page;
};

struct TurnBegan {
  EpisodeId episode;
  std::int32_t turn;
};

/// A tool answered. Errors have cursor -1. `response` covers the text that the tool appended,
/// `call` what the model wrote to call it.
struct ToolResponded {
  EpisodeId episode;
  std::int32_t turn;
  std::int32_t cursor;
  TokenSpan call;
  TokenSpan response;
  std::string_view tool;
};

/// The auxiliary thread was forked from the main one, sharing all of its pages.
struct AuxForked {
  EpisodeId episode;
  std::int32_t turn;
  std::int32_t step;        // of the main thread
  std::int32_t fork_point;  // position of the auxiliary thread's first own token
  std::int32_t shared_pages;
};

/// The auxiliary thread's command was applied (at a turn boundary) and its own tokens discarded.
struct AuxJoined {
  EpisodeId episode;
  std::int32_t turn;
  std::int32_t tokens;  // that the auxiliary thread added, its trigger phrase included
  bool parsed;          // false: malformed or out of range, nothing is deleted
  std::span<const std::int32_t> cursors;
};

enum class Outcome : std::uint8_t {
  complete,       // ended with a final answer, right or wrong
  unparsable,     // text that is neither a call nor an answer
  context_limit,  // ran out of positions
  turn_limit,
};

[[nodiscard]] std::string_view to_string(Outcome outcome);
[[nodiscard]] std::string_view to_string(Thread thread);

/// Sums over one episode; tokens are per sequence, not per layer.
struct EpisodeEnded {
  EpisodeId episode;
  Outcome outcome;
  bool correct;
  bool strict;  // correct, with no call beyond the need
  std::int32_t turns;
  std::int32_t needed_calls;
  std::int32_t calls;
  std::int32_t peak_tokens;           // most live tokens of the main thread at once
  std::int32_t peak_tokens_with_aux;  // the same, with the auxiliary thread's own tokens
  std::int32_t aux_tokens;
  /// Sum over decode steps of both threads of the live tokens or, of a step with a KeysRead, of its
  /// mean_tokens(), rounded to the nearest for each step.
  std::int64_t kv_reads_tokens;
};

using Event = std::variant<EpisodeBegan, TokensFilled, PagesAttended, TokensEvicted, PageFreed,
                           TurnBegan, ToolResponded, AuxForked, AuxJoined, EpisodeEnded,
                           KeysBounded, HeadTokensEvicted, TokensRequantised, KeysRead>;

/// Keys that the step read, mean over its layers and KV heads.
[[nodiscard]] double mean_tokens(const KeysRead& read);

/// Whether the event happened on an auxiliary thread. Forks and joins belong to the main one.
[[nodiscard]] bool is_auxiliary(const Event& event);

}  // namespace pagequest
