// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "traces/check.h"
#include "traces/check/capture_rules.h"
#include "traces/check/findings.h"
#include "traces/check/head_ledger.h"
#include "traces/check/mass_rules.h"
#include "traces/check/storage_rules.h"
#include "traces/check/token_ledger.h"
#include "traces/check/window_rules.h"

namespace pagequest::traces {
namespace {

/// One thread so far.
struct ThreadState {
  TokenLedger tokens;
  std::int32_t steps = 0;
  std::optional<std::int32_t> filled_in_step;  // until its PagesAttended
  std::int32_t last_filled = 0;                // tokens of the last step
  std::set<std::int32_t> bounded;              // pages
  std::optional<std::int32_t> unread = {};     // decode step, until its KeysRead
};

}  // namespace

struct EpisodeChecker::State {
  explicit State(const Header& of)
      : header(of), main{TokenLedger(of.page_size), 0, std::nullopt, 0, {}} {
    if (of.captures.head_evictions) heads.emplace(of);
  }

  void check(const Event& event) {
    if (!std::holds_alternative<PageFreed>(event)) expect_pages_freed();
    if (!began && !std::holds_alternative<EpisodeBegan>(event)) {
      findings.add("episode", "the first event is not EpisodeBegan");
      began = true;
    }
    if (ended) findings.add("episode", "an event after EpisodeEnded");
    std::visit([this](const auto& e) { on(e); }, event);
  }

  void on(const EpisodeBegan& /*began*/) {
    if (std::exchange(began, true)) findings.add("episode", "EpisodeBegan twice");
  }

  void on(const TokensFilled& filled) {
    const bool is_main = filled.thread == Thread::main;
    const auto count = static_cast<std::int32_t>(filled.tokens.size());
    if (!is_main && !aux) {
      findings.add("aux", "an auxiliary step while no auxiliary thread is alive");
      return;
    }
    ThreadState& thread = is_main ? main : *aux;
    if (is_main) findings.set_step(filled.step);
    findings.expect_equal("positions", "the first position", filled.first,
                          thread.tokens.next_position());
    findings.expect_equal("steps", "the step", filled.step, thread.steps);
    if (filled.iteration < iteration) findings.add("steps", "the iteration goes back");
    if (count == 0 || (filled.kind == StepKind::decode && count != 1)) {
      findings.add("steps", "a step of " + std::to_string(count) + " tokens");
    }
    iteration = filled.iteration;
    thread.tokens.fill(count);
    if (is_main && heads) heads->fill(count);
    thread.steps = filled.step + 1;
    thread.filled_in_step = count;
    thread.last_filled = count;
    thread.unread = filled.kind == StepKind::decode ? std::optional(filled.step) : std::nullopt;
    count_totals(filled, thread);
  }

  void count_totals(const TokensFilled& filled, const ThreadState& thread) {
    const std::int32_t own = aux ? aux->tokens.next_position() - fork_point : 0;
    if (filled.thread == Thread::auxiliary) {
      totals.aux_tokens += static_cast<std::int32_t>(filled.tokens.size());
    }
    if (filled.kind == StepKind::decode) totals.kv_reads_tokens += thread.tokens.live_tokens();
    const std::int32_t live = main.tokens.live_tokens();
    totals.peak_tokens = std::max(totals.peak_tokens, live);
    totals.peak_tokens_with_aux = std::max(totals.peak_tokens_with_aux, live + own);
  }

  void on(const PagesAttended& attended) {
    check_masses(attended, findings);
    if (attended.thread == Thread::auxiliary && !aux) {
      findings.add("aux", "attention of an auxiliary thread that is not alive");
      return;
    }
    ThreadState& thread = attended.thread == Thread::main ? main : *aux;
    const auto filled = std::exchange(thread.filled_in_step, std::nullopt);
    if (!filled || attended.step != thread.steps - 1) {
      findings.add("attention-step", "attention of step " + std::to_string(attended.step) +
                                         " doesn't follow the tokens of that step");
    } else if (attended.query_rows < 1 || attended.query_rows > *filled) {
      findings.add("attention-step", std::to_string(attended.query_rows) +
                                         " rows were averaged in a step of " +
                                         std::to_string(*filled) + " tokens");
    }
    check_pages(attended, thread.tokens);
    check_windows(attended, header, thread.tokens.next_position(), findings);
    check_captures(attended, header, thread.tokens, findings);
  }

  void check_pages(const PagesAttended& attended, const TokenLedger& tokens) {
    // Pages that no layer's window reaches may have been freed and need not be listed.
    const std::vector<std::int32_t> live = tokens.live_pages();
    const std::int32_t reached =
        first_page_in_windows(header, tokens.next_position() - attended.query_rows);
    const auto needed = std::lower_bound(live.begin(), live.end(), reached);
    const auto listed = std::lower_bound(attended.pages.begin(), attended.pages.end(), reached);
    if (std::equal(needed, live.end(), listed, attended.pages.end()) &&
        std::includes(live.begin(), needed, attended.pages.begin(), listed)) {
      return;
    }
    for (const std::int32_t page : attended.pages) {
      if (tokens.page_is_live(page)) continue;
      findings.add("live-pages",
                   "attention on page " + std::to_string(page) + ", which has no live token");
      return;
    }
    findings.add("live-pages", std::to_string(attended.pages.size()) + " pages are listed, " +
                                   std::to_string(live.size()) +
                                   " have live tokens, each once and in ascending order");
  }

  void on(const KeysBounded& bounded) {
    const bool is_main = bounded.thread == Thread::main;
    if (!is_main && !aux) {
      findings.add("aux", "key bounds of an auxiliary thread that is not alive");
      return;
    }
    ThreadState& thread = is_main ? main : *aux;
    findings.expect_equal("key-bounds", "the step of key bounds", bounded.step, thread.steps - 1);
    check_bounds(bounded, header, thread.tokens, thread.last_filled, findings);
    if (!thread.bounded.insert(bounded.page).second) {
      findings.add("key-bounds",
                   "the keys of page " + std::to_string(bounded.page) + " are bounded twice");
    }
  }

  void on(const TokensEvicted& evicted) {
    if (evicted.span.end() > main.tokens.next_position()) {
      findings.add("evictions", "tokens were evicted before they were filled");
    }
    const std::vector<std::int32_t> before = main.tokens.live_in_page();
    const std::int32_t live = main.tokens.evict(evicted.span);
    for (std::size_t page = 0; page < before.size(); ++page) {
      const bool emptied = before[page] > 0 && main.tokens.live_in_page()[page] == 0;
      if (emptied) to_be_freed.push_back(static_cast<std::int32_t>(page));
    }
    findings.expect_equal("evictions", "the number of evicted tokens", evicted.tokens, live);
    if (live == 0) findings.add("evictions", "an eviction of nothing live");
    if (heads && heads->holds(evicted.span)) {
      findings.add("head-evictions", "tokens are gone that a head still holds");
    }
    findings.expect_equal("steps", "the step of an eviction", evicted.step, main.steps - 1);
  }

  void on(const HeadTokensEvicted& evicted) {
    findings.expect_equal("steps", "the step of an eviction", evicted.step, main.steps - 1);
    if (heads) {
      heads->evict(evicted, findings);
    } else {
      findings.add("head-evictions", "an eviction from a head that the header does not announce");
    }
  }

  void on(const TokensRequantised& requantised) {
    findings.expect_equal("steps", "the step of a change of precision", requantised.step,
                          main.steps - 1);
    check_requantised(requantised, header, main.tokens, heads ? &*heads : nullptr, findings);
  }

  void on(const KeysRead& read) {
    const bool is_main = read.thread == Thread::main;
    if (!is_main && !aux) {
      findings.add("aux", "keys read by an auxiliary thread that is not alive");
      return;
    }
    ThreadState& thread = is_main ? main : *aux;
    check_keys_read(read, header, std::exchange(thread.unread, std::nullopt), thread.tokens,
                    is_main && heads ? &*heads : nullptr, findings);
    totals.kv_reads_tokens += std::llround(mean_tokens(read)) - thread.tokens.live_tokens();
  }

  void on(const PageFreed& freed) {
    const auto page = std::find(to_be_freed.begin(), to_be_freed.end(), freed.page);
    if (freed.thread != Thread::main || page == to_be_freed.end()) {
      findings.add("pages-freed", "page " + std::to_string(freed.page) +
                                      " was freed, but no eviction has just emptied it");
    } else {
      to_be_freed.erase(page);
    }
  }

  void expect_pages_freed() {
    for (const std::int32_t page : std::exchange(to_be_freed, {})) {
      findings.add("pages-freed",
                   "page " + std::to_string(page) + " has no live token left and was not freed");
    }
  }

  void on(const TurnBegan& turn) {
    findings.expect_equal("turns", "the turn", turn.turn, totals.turns);
    totals.turns = turn.turn + 1;
  }

  void on(const ToolResponded& tool) {
    ++totals.calls;
    if (tool.cursor >= 0 && tool.cursor <= newest_cursor) {
      findings.add("cursors", "cursor " + std::to_string(tool.cursor) + " after cursor " +
                                  std::to_string(newest_cursor));
    }
    newest_cursor = std::max(newest_cursor, tool.cursor);
    if (tool.call.end() > tool.response.first || tool.response.first < tools_end) {
      findings.add("tools", "a call or response overlaps with the one before");
    }
    tools_end = tool.response.end();
  }

  void on(const AuxForked& forked) {
    if (aux) findings.add("aux", "a fork while an auxiliary thread is alive");
    fork_point = main.tokens.next_position();
    findings.expect_equal("aux", "the fork point", forked.fork_point, fork_point);
    if (first_page_in_windows(header, fork_point) == 0) {
      findings.expect_equal("aux", "the number of shared pages", forked.shared_pages,
                            static_cast<std::int64_t>(main.tokens.live_pages().size()));
    }
    findings.expect_equal("steps", "the step of a fork", forked.step, main.steps - 1);
    aux = ThreadState{main.tokens, 0, std::nullopt, 0, main.bounded};
  }

  void on(const AuxJoined& joined) {
    if (!aux) findings.add("aux", "a join while no auxiliary thread is alive");
    const std::int32_t own = aux ? aux->tokens.next_position() - fork_point : 0;
    findings.expect_equal("aux", "the number of auxiliary tokens", joined.tokens, own);
    for (const std::int32_t cursor : joined.cursors) {
      if (joined.parsed && cursor >= 0 && cursor <= newest_cursor) continue;
      findings.add("aux", "a join names cursor " + std::to_string(cursor) +
                              (joined.parsed ? ", which no tool has given" : " but wasn't parsed"));
    }
    aux.reset();
  }

  void on(const EpisodeEnded& stored) {
    ended = true;
    if (tools_end > main.tokens.next_position()) {
      findings.add("tools", "a response reaches beyond the tokens of the episode");
    }
    const auto expect = [this](std::string_view what, std::int64_t found, std::int64_t expected) {
      findings.expect_equal("totals", what, found, expected);
    };
    expect("turns", stored.turns, totals.turns);
    expect("calls", stored.calls, totals.calls);
    expect("peak_tokens", stored.peak_tokens, totals.peak_tokens);
    expect("peak_tokens_with_aux", stored.peak_tokens_with_aux, totals.peak_tokens_with_aux);
    expect("aux_tokens", stored.aux_tokens, totals.aux_tokens);
    expect("kv_reads_tokens", stored.kv_reads_tokens, totals.kv_reads_tokens);
    if (stored.strict && !stored.correct) findings.add("totals", "strict, but not correct");
  }

  const Header& header;
  ThreadState main;
  std::optional<ThreadState> aux;
  std::optional<HeadLedger> heads;
  Findings findings;
  bool began = false;
  bool ended = false;
  std::int64_t iteration = 0;
  std::int32_t fork_point = 0;
  std::int32_t newest_cursor = -1;
  std::int32_t tools_end = 0;             // position behind the last response
  std::vector<std::int32_t> to_be_freed;  // pages that the last eviction emptied
  EpisodeEnded totals{};
};

EpisodeChecker::EpisodeChecker(const Header& header)
    : header_(header), state_(std::make_unique<State>(header_)) {}
EpisodeChecker::~EpisodeChecker() = default;

void EpisodeChecker::on(const Event& event) {
  state_->findings.set_episode(std::visit([](const auto& e) { return e.episode; }, event));
  state_->check(event);
}

std::vector<Finding> EpisodeChecker::take() {
  state_->expect_pages_freed();
  if (!state_->ended) state_->findings.add("episode", "the last event is not EpisodeEnded");
  auto findings = state_->findings.take();
  state_ = std::make_unique<State>(header_);
  return findings;
}

}  // namespace pagequest::traces
