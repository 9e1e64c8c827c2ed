// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/capture_columns.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace pagequest::traces::io {
namespace {

using namespace schema::v5;

/// A dataset in the order of the rows of attention/steps or key_reads/steps.
template <class T>
ColumnWriter step_values(const Status& status, hid_t file, std::string_view name, Filter filter,
                         std::string_view description) {
  return {status,           file,   std::string(name), element_type<T>(),
          kStepValuesChunk, filter, description};
}

template <class T>
void append_to(std::optional<ColumnWriter>& column, const std::vector<T>& values) {
  if (column) column->append(values.data(), values.size());
}

/// Returns where the rows are.
template <class Row>
Range append_rows(std::optional<TableWriter<Row>>& table, const std::vector<Row>& rows) {
  if (!table) return {};
  const auto begin = static_cast<std::int64_t>(table->rows());
  table->append(rows);
  return {.begin = begin, .count = std::ssize(rows)};
}

void flush_of(auto&... writers) { ((writers ? writers->flush() : void()), ...); }

}  // namespace

// Bit sets are nearly all zeros and first pages repeat: deflate takes next to no time for them and
// leaves a fraction. Everything else here is as noisy as the masses and is stored as they are.
CaptureColumns::CaptureColumns(const Status& status, hid_t file, const Header& header)
    : group_size_(static_cast<std::uint64_t>(header.query_heads / std::max(1, header.kv_heads))),
      thresholds_(header.captures.thresholds.size()) {
  const Captures& captures = header.captures;
  if (captures.query_heads) {
    query_head_mass_.emplace(status, file, kQueryHeadMasses,
                             "(layer, query head, step, page) of each block");
  }
  if (!captures.thresholds.empty()) {
    tokens_above_.emplace(status, file, kTokensAbove,
                          "(threshold, layer, KV head, step, page) of each block: bit i is set if "
                          "token i of the page reaches the threshold",
                          Filter::compress);
  }
  if (header.has_windows()) {
    first_page_ = step_values<std::int32_t>(
        status, file, kFirstPages, Filter::compress,
        "(layer) of each row of attention/steps: pages of the step before the layer's window");
  }
  if (captures.sink_share) {
    sink_share_ = step_values<float>(
        status, file, kSinkShares, Filter::checksum,
        "(layer, KV head) of each row of attention/steps: share of the attention sinks");
  }
  if (captures.query_cosine) {
    query_cosine_ = step_values<float>(status, file, kQueryCosines, Filter::checksum,
                                       "(layer, KV head) of each row of attention/steps: cosine "
                                       "with the query of the step before");
  }
  if (captures.key_bounds) {
    key_bounds_.emplace(status, file);
    lowest_.emplace(status, file, kLowestKeys, "(layer, KV head, head_dim) of each page");
    highest_.emplace(status, file, kHighestKeys, "(layer, KV head, head_dim) of each page");
  }
  if (captures.head_evictions) head_evictions_.emplace(status, file);
  if (captures.requantisations) requantisations_.emplace(status, file);
  if (captures.key_reads) {
    key_reads_.emplace(status, file);
    keys_read_ = step_values<std::int32_t>(
        status, file, kKeyReads, Filter::compress,
        "(layer, KV head) of each row of key_reads/steps: keys that the step read");
  }
}

void CaptureColumns::append(const PackedBlock& block) {
  if (query_head_mass_) query_head_mass_->append(block.query_head_mass);
  if (tokens_above_) tokens_above_->append(block.tokens_above);
}

std::int64_t CaptureColumns::append(const KeyBounds& bounds) {
  PQ_CHECK(lowest_ && highest_, "key bounds are announced in the header");
  const auto begin = static_cast<std::int64_t>(lowest_->next());
  lowest_->append(bounds.lowest);
  highest_->append(bounds.highest);
  return begin;
}

void CaptureColumns::append(EpisodeRecording& recording) {
  append_to(first_page_, recording.first_pages);
  append_to(sink_share_, recording.sink_shares);
  append_to(query_cosine_, recording.query_cosines);
  PQ_CHECK(head_evictions_ || recording.head_evictions.empty(),
           "evictions from single heads are announced in the header");
  PQ_CHECK(requantisations_ || recording.requantisations.empty(),
           "changes of precision are announced in the header");
  PQ_CHECK(key_reads_ || recording.key_reads.empty(), "selected keys are announced in the header");
  append_to(keys_read_, recording.keys_read);
  recording.episode.key_bounds = append_rows(key_bounds_, recording.key_bounds);
  recording.episode.head_evictions = append_rows(head_evictions_, recording.head_evictions);
  recording.episode.requantisations = append_rows(requantisations_, recording.requantisations);
  recording.episode.key_reads = append_rows(key_reads_, recording.key_reads);
}

void CaptureColumns::flush(std::uint64_t next_mass) {
  if (query_head_mass_) query_head_mass_->flush_to(next_mass * group_size_);
  if (tokens_above_) tokens_above_->flush_to(next_mass * thresholds_);
  flush_of(first_page_, sink_share_, query_cosine_, key_bounds_, head_evictions_, requantisations_,
           key_reads_, keys_read_, lowest_, highest_);
}

}  // namespace pagequest::traces::io
