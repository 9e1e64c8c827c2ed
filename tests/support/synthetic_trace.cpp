// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/synthetic_trace.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/rng.h"
#include "tests/support/synthetic_attention.h"

namespace pagequest::testing {
namespace {

/// One thread's positions: which are live, and its steps so far.
struct ThreadState {
  std::vector<char> live;  // (position)
  std::int32_t steps = 0;

  [[nodiscard]] std::int32_t next() const { return static_cast<std::int32_t>(live.size()); }
  [[nodiscard]] std::int32_t live_tokens() const {
    return static_cast<std::int32_t>(std::count(live.begin(), live.end(), 1));
  }
  [[nodiscard]] std::int32_t live_in(std::int32_t first, std::int32_t end) const {
    end = std::min(end, next());
    return first >= end
               ? 0
               : static_cast<std::int32_t>(std::count(live.begin() + first, live.begin() + end, 1));
  }
};

class EpisodeScript {
 public:
  EpisodeScript(EpisodeId id, const SyntheticOptions& options, EventSink& sink,
                const Evictor& evictor)
      : id_(id),
        options_(options),
        sink_(sink),
        evictor_(evictor),
        rng_(options.seed, static_cast<std::uint64_t>(id.value)),
        storage_rng_(options.seed + 1, static_cast<std::uint64_t>(id.value)),
        attention_(options, static_cast<std::uint64_t>(id.value)),
        heads_(options.page_size, options.layers * options.kv_heads) {
    sink_.on(EpisodeBegan{id_});
    queued_ = draw(options_.prompt_tokens);
  }

  /// One iteration of the engine; false when the episode has ended.
  bool advance(std::int64_t iteration) {
    iteration_ = iteration;
    if (queued_ > 0) {
      const std::int32_t chunk = std::min(queued_, options_.prefill_chunk);
      queued_ -= chunk;
      step(Thread::main, chunk, StepKind::prefill);
      if (queued_ == 0) begin_turn();
    } else {
      step(Thread::main, 1, StepKind::decode);
      if (--decode_left_ == 0 && end_turn()) return false;
    }
    if (aux_) advance_aux();
    return true;
  }

 private:
  std::int32_t draw(std::int32_t whole) { return rng_.between(std::max(1, whole / 2), whole); }

  void step(Thread thread, std::int32_t count, StepKind kind) {
    ThreadState& state = thread == Thread::main ? main_ : *aux_;
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(count));
    for (auto& token : tokens) token = rng_.between(0, 511);
    sink_.on(TokensFilled{id_, thread, kind, state.steps, iteration_, state.next(), tokens});
    state.live.insert(state.live.end(), tokens.size(), 1);
    if (thread == Thread::main) heads_.fill({state.next() - count, count});
    count_totals(thread, count, kind);
    const std::int32_t rows = std::min(count, options_.prefill_rows);
    SyntheticNumbers numbers = attention_.attend({state.steps, rows, state.live}, rng_);
    if (thread == Thread::main) leave_out_lost(numbers, heads_, options_);
    sink_.on(PagesAttended{
        id_, thread, state.steps, rows, options_.layers, options_.kv_heads, numbers.pages,
        numbers.mean, numbers.max, numbers.first_page, numbers.sink_share, numbers.query_head_mass,
        options_.captures.thresholds, numbers.tokens_above, numbers.query_cosine});
    if (options_.captures.key_bounds) bound_keys(thread, state, count);
    if (options_.captures.key_reads && kind == StepKind::decode) read_keys(thread, state);
    ++state.steps;
    if (thread != Thread::main) return;
    if (evictor_) evict(evictor_(id_, false));
    if (options_.captures.requantisations && storage_rng_.chance(0.2)) requantise();
  }

  void read_keys(Thread thread, const ThreadState& state) {
    std::vector<std::int32_t> read;
    for (std::int32_t plane = 0; plane < heads_.scopes(); ++plane) {
      const bool is_main = thread == Thread::main;
      const std::int32_t live = is_main ? heads_.of(plane).total() : state.live_tokens();
      read.push_back(storage_rng_.between(0, live));
    }
    const KeysRead event{id_, thread, state.steps, options_.layers, options_.kv_heads, read};
    totals_.kv_reads_tokens += std::llround(mean_tokens(event)) - state.live_tokens();
    sink_.on(event);
  }

  /// Some tokens of one KV head, if it still holds any of them.
  void requantise() {
    const std::int32_t plane = storage_rng_.between(0, heads_.scopes() - 1);
    const TokenSpan span{storage_rng_.between(0, main_.next() - 1), options_.page_size};
    const std::int32_t live = heads_.of(plane).in(span);
    if (live == 0) return;
    sink_.on(TokensRequantised{id_, main_.steps - 1, turn_, plane / options_.kv_heads,
                               plane % options_.kv_heads, span, live, 8, 4});
  }

  void count_totals(Thread thread, std::int32_t count, StepKind kind) {
    const std::int32_t main_live = main_.live_tokens();
    const std::int32_t own = aux_ ? aux_->next() - fork_point_ : 0;
    if (thread == Thread::auxiliary) totals_.aux_tokens += count;
    if (kind == StepKind::decode) {
      totals_.kv_reads_tokens += thread == Thread::main ? main_live : aux_->live_tokens();
    }
    totals_.peak_tokens = std::max(totals_.peak_tokens, main_live);
    totals_.peak_tokens_with_aux = std::max(totals_.peak_tokens_with_aux, main_live + own);
  }

  void bound_keys(Thread thread, const ThreadState& state, std::int32_t count) {
    const std::int32_t size = options_.page_size;
    for (std::int32_t page = (state.next() - count) / size; (page + 1) * size <= state.next();
         ++page) {
      if (state.live_in(page * size, (page + 1) * size) == 0) continue;
      const SyntheticNumbers bounds = attention_.bounds();
      sink_.on(KeysBounded{id_, thread, state.steps, page, options_.layers, options_.kv_heads,
                           kSyntheticHeadDim, bounds.mean, bounds.max});
    }
  }

  void begin_turn() {
    std::vector<kv::Victim> commanded;
    if (aux_ && aux_left_ == 0) commanded = join();
    evict(evictor_ ? evictor_(id_, true) : commanded);
    const bool due = options_.aux_interval > 0 && turn_ > 0 && turn_ % options_.aux_interval == 0;
    if (due && !aux_) fork();
    sink_.on(TurnBegan{id_, turn_});
    decode_left_ = draw(options_.decode_tokens);
    turn_first_ = main_.next();
  }

  /// True after the last turn.
  bool end_turn() {
    if (turn_ + 1 == options_.turns) {
      finish();
      return true;
    }
    const bool failed = rng_.chance(0.1);
    const std::int32_t cursor = failed ? -1 : next_cursor_++;
    const TokenSpan call{turn_first_, main_.next() - turn_first_};
    const TokenSpan response{main_.next(), draw(options_.response_tokens)};
    sink_.on(ToolResponded{id_, turn_, cursor, call, response, failed ? "find" : "open"});
    if (!failed) responses_.emplace(cursor, response);
    queued_ = response.count;
    ++totals_.calls;
    ++turn_;
    return false;
  }

  void fork() {
    fork_point_ = main_.next();
    std::int32_t pages = 0;
    for (std::int32_t first = 0; first < main_.next(); first += options_.page_size) {
      pages += main_.live_in(first, first + options_.page_size) > 0 ? 1 : 0;
    }
    sink_.on(AuxForked{id_, turn_, main_.steps - 1, fork_point_, pages});
    aux_ = ThreadState{.live = main_.live, .steps = 0};
    aux_left_ = draw(options_.aux_tokens);
    aux_newest_cursor_ = next_cursor_ - 1;
  }

  void advance_aux() {
    if (aux_left_ == 0) return;
    const bool trigger = aux_->steps == 0;
    const std::int32_t count = trigger ? std::min(aux_left_, 4) : 1;
    step(Thread::auxiliary, count, trigger ? StepKind::prefill : StepKind::decode);
    aux_left_ -= count;
  }

  /// Names some of the responses that the auxiliary thread could see, never the newest.
  std::vector<kv::Victim> join() {
    const bool parsed = rng_.chance(0.9);
    std::vector<std::int32_t> cursors;
    std::vector<kv::Victim> spans;
    for (auto it = responses_.begin(); parsed && it != responses_.end();) {
      const bool named = it->first < aux_newest_cursor_ && rng_.chance(0.6);
      if (named) {
        cursors.push_back(it->first);
        spans.push_back({it->second, {}});
      }
      it = named ? responses_.erase(it) : std::next(it);
    }
    const std::int32_t own = aux_->next() - fork_point_;
    sink_.on(AuxJoined{id_, turn_, own, parsed, cursors});
    aux_.reset();
    return spans;
  }

  void evict(const std::vector<kv::Victim>& victims) {
    for (const auto& [span, scope] : victims) {
      if (scope == kv::Scope{}) {
        report(heads_.evict_all(span));
      } else {
        evict_from(scope, span);
      }
    }
  }

  void evict_from(const kv::Scope& scope, TokenSpan span) {
    const std::int32_t first = scope.layer * options_.kv_heads + std::max(0, scope.kv_head);
    const std::int32_t heads = scope.kv_head < 0 ? options_.kv_heads : 1;
    std::vector<kv::TakenTokens> taken;
    for (std::int32_t plane = first; plane < first + heads; ++plane) {
      taken.push_back(heads_.evict(plane, span));
    }
    sink_.on(HeadTokensEvicted{id_, main_.steps - 1, turn_, scope.layer, scope.kv_head, span,
                               taken[0].tokens});
    for (const auto& of_head : taken) {
      for (const kv::GoneTokens& gone : of_head.gone) report(gone);
    }
  }

  void report(const kv::GoneTokens& gone) {
    sink_.on(TokensEvicted{id_, main_.steps - 1, turn_, gone.span, gone.tokens});
    const std::int32_t end = std::min(gone.span.end(), main_.next());
    std::fill(main_.live.begin() + gone.span.first, main_.live.begin() + end, char{0});
    for (const std::int32_t page : gone.free_pages) {
      sink_.on(PageFreed{id_, Thread::main, main_.steps - 1, page});
    }
  }

  void finish() {
    totals_.episode = id_;
    totals_.outcome = Outcome::complete;
    totals_.correct = rng_.chance(0.8);
    totals_.turns = options_.turns;
    totals_.needed_calls = options_.turns - 1;
    totals_.strict = totals_.correct && totals_.calls == totals_.needed_calls;
    sink_.on(totals_);
  }

  EpisodeId id_;
  const SyntheticOptions& options_;
  EventSink& sink_;
  const Evictor& evictor_;
  Rng rng_;
  Rng storage_rng_;  // its own: captures leave the rest of the stream as it is
  SyntheticAttention attention_;
  kv::ScopedTokens heads_;  // (layer, KV head) of the main thread
  std::int64_t iteration_ = 0;
  ThreadState main_;
  std::optional<ThreadState> aux_;
  std::int32_t queued_ = 0;
  std::int32_t decode_left_ = 0;
  std::int32_t turn_ = 0;
  std::int32_t turn_first_ = 0;
  std::int32_t aux_left_ = 0;
  std::int32_t fork_point_ = 0;
  std::int32_t next_cursor_ = 0;
  std::int32_t aux_newest_cursor_ = -1;
  std::map<std::int32_t, TokenSpan> responses_;  // not yet dropped, by cursor
  EpisodeEnded totals_{};
};

}  // namespace

void emit_synthetic_trace(const SyntheticOptions& options, EventSink& sink,
                          const Evictor& evictor) {
  std::vector<std::unique_ptr<EpisodeScript>> running;
  std::int32_t started = 0;
  for (std::int64_t iteration = 0; started < options.episodes || !running.empty(); ++iteration) {
    while (started < options.episodes &&
           static_cast<std::int32_t>(running.size()) < options.concurrency) {
      running.push_back(
          std::make_unique<EpisodeScript>(EpisodeId{started++}, options, sink, evictor));
    }
    std::erase_if(running, [iteration](auto& script) { return !script->advance(iteration); });
  }
}

traces::Header synthetic_header(const SyntheticOptions& options) {
  return {.model = "synthetic",
          .task = "synthetic",
          .setting = "short",
          .policy = "sidequest",
          .policy_params = {{"evict_call", "false"}},
          .budget_tokens = 0,
          .seed = options.seed,
          .page_size = options.page_size,
          .layers = options.layers,
          .query_heads = options.query_heads,
          .kv_heads = options.kv_heads,
          .head_dim = kSyntheticHeadDim,
          .prefill_rows = options.prefill_rows,
          .episodes_planned = options.episodes,
          .windows = options.captures.windows,
          .captures = {.sink_share = options.captures.sinks,
                       .query_heads = options.captures.query_heads,
                       .query_cosine = options.captures.query_cosine,
                       .key_bounds = options.captures.key_bounds,
                       .head_evictions = options.captures.head_evictions,
                       .requantisations = options.captures.requantisations,
                       .key_reads = options.captures.key_reads,
                       .thresholds = options.captures.thresholds},
          .config_json = "{}",
          .version = "0.1.0",
          .commit = ""};
}

}  // namespace pagequest::testing
