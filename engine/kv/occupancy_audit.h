// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "base/event_sink.h"
#include "engine/kv/eviction_policy.h"
#include "engine/kv/scoped_tokens.h"
#include "engine/kv/stored_bits.h"

namespace pagequest::kv {

/// What one episode's cache held, in tokens of the model: a (layer, KV head) that holds n tokens
/// counts n, and the mean over all of them is the episode's. So a policy that drops different
/// tokens from each head is measured by what it really keeps, in bytes when multiplied by the
/// model's bytes a token. Tokens that only left a layer's window count as held: no event tells of
/// them. Means are over the main thread's decode steps, as they read.
struct Occupancy {
  std::int64_t decode_steps = 0;  // of the main thread
  double mean_tokens = 0.0;       // logical: tokens kept
  double peak_tokens = 0.0;       // behind any step, before its evictions
  double peak_tokens_with_aux = 0.0;
  double mean_page_tokens = 0.0;  // physical: tokens' worth of the pages that each head holds,
  double peak_page_tokens = 0.0;  // if each had a page table of its own
  double mean_shared_page_tokens = 0.0;  // if all share one table: a page is held as long as any
  double peak_shared_page_tokens = 0.0;  // head needs a token of it
  double mean_stored_tokens = 0.0;       // bytes, as tokens of 16 bits an element: live tokens
  double peak_stored_tokens = 0.0;       // weighted by (key bits + value bits) / 32
  /// Effective reads, the rows with weight: sum over decode steps of both threads of the live
  /// tokens, or of the keys that a step selected, if it did (KeysRead).
  double kv_reads_tokens = 0.0;
  /// Raw reads, the rows touched: sum over the main thread's decode steps of the tokens' worth of
  /// the pages that each head holds, dead rows included, if each had a page table of its own. A
  /// step that selects keys touches just those.
  double kv_rows_touched_tokens = 0.0;
  double dropped_tokens = 0.0;              // of the main thread; a quarter of the heads: a quarter
  std::vector<double> mean_tokens_by_head;  // (layer, KV head)
};

/// Follows the events of many episodes and accounts for what their caches hold. Pages are counted
/// as if they had `page_size` tokens, whatever the engine's pages are: that is what a policy of
/// single tokens would leave behind in an engine with such pages that does not compact them.
class OccupancyAudit final : public EventSink {
 public:
  OccupancyAudit(const KvShape& shape, std::int32_t page_size);

  void on(const Event& event) override;
  [[nodiscard]] bool wants_attention() const override { return false; }

  /// Of an episode that has ended; it is forgotten then.
  [[nodiscard]] Occupancy take(EpisodeId episode);

 private:
  struct Account {
    explicit Account(const KvShape& shape, std::int32_t page_size);

    /// Sums over the heads: of their live tokens, and of their pages with one.
    [[nodiscard]] double head_tokens() const;
    [[nodiscard]] double head_pages() const;

    ScopedTokens tokens;                    // (layer, KV head)
    StoredBits stored;                      // of the same
    std::vector<std::int64_t> sum_by_head;  // (layer, KV head), over decode steps
    double aux_shared = 0.0;                // that the auxiliary thread sees of the main one
    std::int32_t aux_own = 0;
    std::array<double, 2> last_reads{};  // (thread): effective reads of its last decode step
    double last_rows = 0.0;              // that the main thread's last decode step touched
    Occupancy sums;
  };

  void fill(Account& account, const TokensFilled& filled) const;
  void fill_aux(Account& account, const TokensFilled& filled) const;
  void evict_from(Account& account, const HeadTokensEvicted& evicted) const;
  void evict_all(Account& account, TokenSpan span) const;
  void store(Account& account, const TokensRequantised& requantised) const;
  /// Replaces what the thread's last decode step was taken to read.
  void select(Account& account, const KeysRead& read) const;
  void count_reads(Account& account, Thread thread, double tokens) const;
  void note_peaks(Account& account) const;
  void count_step(Account& account) const;

  KvShape shape_;
  std::int32_t page_size_;
  double heads_;
  std::map<EpisodeId, Account> accounts_;
};

}  // namespace pagequest::kv
