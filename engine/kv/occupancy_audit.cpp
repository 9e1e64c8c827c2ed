// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/occupancy_audit.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

namespace pagequest::kv {

OccupancyAudit::Account::Account(const KvShape& shape, std::int32_t page_size)
    : tokens(page_size, scope_count(Sharing::head, shape)),
      stored(tokens.scopes()),
      sum_by_head(static_cast<std::size_t>(tokens.scopes())) {}

double OccupancyAudit::Account::head_tokens() const {
  std::int64_t sum = 0;
  for (std::int32_t head = 0; head < tokens.scopes(); ++head) sum += tokens.of(head).total();
  return static_cast<double>(sum);
}

double OccupancyAudit::Account::head_pages() const {
  std::int64_t pages = 0;
  for (std::int32_t head = 0; head < tokens.scopes(); ++head) pages += tokens.of(head).live_pages();
  return static_cast<double>(pages);
}

OccupancyAudit::OccupancyAudit(const KvShape& shape, std::int32_t page_size)
    : shape_(shape),
      page_size_(page_size),
      heads_(static_cast<double>(scope_count(Sharing::head, shape))) {}

void OccupancyAudit::on(const Event& event) {
  const EpisodeId id = std::visit([](const auto& e) { return e.episode; }, event);
  Account& account = accounts_.try_emplace(id, shape_, page_size_).first->second;
  std::visit(Overloaded{[&](const TokensFilled& e) {
                          return e.thread == Thread::main ? fill(account, e) : fill_aux(account, e);
                        },
                        [&](const HeadTokensEvicted& e) { evict_from(account, e); },
                        [&](const TokensEvicted& e) { evict_all(account, e.span); },
                        [&](const TokensRequantised& e) { store(account, e); },
                        [&](const KeysRead& e) { select(account, e); },
                        [&](const AuxForked&) {
                          account.aux_shared = account.head_tokens() / heads_;
                          account.aux_own = 0;
                        },
                        [&](const AuxJoined&) { account.aux_own = 0; }, [](const auto&) {}},
             event);
}

void OccupancyAudit::fill(Account& account, const TokensFilled& filled) const {
  const TokenSpan span{.first = filled.first,
                       .count = static_cast<std::int32_t>(filled.tokens.size())};
  account.tokens.fill(span);
  account.stored.fill(span.count);
  note_peaks(account);
  if (filled.kind == StepKind::decode) count_step(account);
}

void OccupancyAudit::fill_aux(Account& account, const TokensFilled& filled) const {
  account.aux_own += static_cast<std::int32_t>(filled.tokens.size());
  if (filled.kind == StepKind::decode) {
    count_reads(account, Thread::auxiliary, account.aux_shared + account.aux_own);
  }
  note_peaks(account);
}

void OccupancyAudit::evict_from(Account& account, const HeadTokensEvicted& evicted) const {
  const std::int32_t first = evicted.layer * shape_.kv_heads + std::max(0, evicted.kv_head);
  const std::int32_t heads = evicted.kv_head < 0 ? shape_.kv_heads : 1;
  for (std::int32_t plane = first; plane < first + heads; ++plane) {
    account.stored.evict(plane, account.tokens.of(plane), evicted.span);
    (void)account.tokens.evict(plane, evicted.span);
  }
}

void OccupancyAudit::evict_all(Account& account, TokenSpan span) const {
  for (std::int32_t plane = 0; plane < account.tokens.scopes(); ++plane) {
    account.stored.evict(plane, account.tokens.of(plane), span);
  }
  (void)account.tokens.evict_all(span);
}

void OccupancyAudit::store(Account& account, const TokensRequantised& requantised) const {
  const auto [layer, kv_head] = std::pair(requantised.layer, requantised.kv_head);
  const Precision precision{requantised.key_bits, requantised.value_bits};
  for (std::int32_t plane = 0; plane < account.tokens.scopes(); ++plane) {
    if (layer >= 0 && plane / shape_.kv_heads != layer) continue;
    if (kv_head >= 0 && plane % shape_.kv_heads != kv_head) continue;
    account.stored.store(plane, account.tokens.of(plane), requantised.span, precision);
  }
}

void OccupancyAudit::select(Account& account, const KeysRead& read) const {
  const double keys = mean_tokens(read);
  Occupancy& sums = account.sums;
  sums.kv_reads_tokens -= account.last_reads[static_cast<std::size_t>(read.thread)];
  count_reads(account, read.thread, keys);
  if (read.thread != Thread::main) return;
  sums.kv_rows_touched_tokens += keys - std::exchange(account.last_rows, keys);
}

void OccupancyAudit::count_reads(Account& account, Thread thread, double tokens) const {
  account.sums.kv_reads_tokens += tokens;
  account.last_reads[static_cast<std::size_t>(thread)] = tokens;
}

void OccupancyAudit::note_peaks(Account& account) const {
  Occupancy& sums = account.sums;
  const double tokens = account.head_tokens() / heads_;
  sums.peak_tokens = std::max(sums.peak_tokens, tokens);
  sums.peak_tokens_with_aux = std::max(sums.peak_tokens_with_aux, tokens + account.aux_own);
  sums.peak_stored_tokens =
      std::max(sums.peak_stored_tokens, account.stored.full_tokens() / heads_);
  sums.peak_page_tokens =
      std::max(sums.peak_page_tokens, account.head_pages() * page_size_ / heads_);
  sums.peak_shared_page_tokens =
      std::max(sums.peak_shared_page_tokens,
               static_cast<double>(account.tokens.any().live_pages()) * page_size_);
}

void OccupancyAudit::count_step(Account& account) const {
  Occupancy& sums = account.sums;
  const double tokens = account.head_tokens() / heads_;
  ++sums.decode_steps;
  sums.mean_tokens += tokens;
  sums.mean_stored_tokens += account.stored.full_tokens() / heads_;
  count_reads(account, Thread::main, tokens);
  account.last_rows = account.head_pages() * page_size_ / heads_;
  sums.kv_rows_touched_tokens += account.last_rows;
  sums.mean_page_tokens += account.last_rows;
  sums.mean_shared_page_tokens +=
      static_cast<double>(account.tokens.any().live_pages()) * page_size_;
  for (std::int32_t plane = 0; plane < account.tokens.scopes(); ++plane) {
    account.sum_by_head[static_cast<std::size_t>(plane)] += account.tokens.of(plane).total();
  }
}

Occupancy OccupancyAudit::take(EpisodeId episode) {
  Account account = std::move(accounts_.at(episode));
  accounts_.erase(episode);
  Occupancy& sums = account.sums;
  const double steps = static_cast<double>(std::max<std::int64_t>(1, sums.decode_steps));
  for (double* mean : {&sums.mean_tokens, &sums.mean_page_tokens, &sums.mean_shared_page_tokens,
                       &sums.mean_stored_tokens}) {
    *mean /= steps;
  }
  const double filled = heads_ * account.tokens.any().next_position();
  sums.dropped_tokens = (filled - account.head_tokens()) / heads_;
  for (const std::int64_t sum : account.sum_by_head) {
    sums.mean_tokens_by_head.push_back(static_cast<double>(sum) / steps);
  }
  return std::move(sums);
}

}  // namespace pagequest::kv
