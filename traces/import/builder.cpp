// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/import/builder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/rng.h"

namespace pagequest::traces {
namespace {

std::int64_t ids_expected(const RequestRow& row, const BlockIdentity& identity) {
  const std::int64_t full = row.input_tokens / identity.block_tokens;
  const bool tail = row.input_tokens % identity.block_tokens != 0;
  return full + (tail && identity.tail == TailRule::ceil ? 1 : 0);
}

bool equal(const BlockIdentity& a, const BlockIdentity& b) {
  return a.block_tokens == b.block_tokens && a.tail == b.tail && a.scope == b.scope &&
         a.semantics == b.semantics;
}

// 126 years, so that the sum of two times is one too.
constexpr std::int64_t kMostNs = 4'000'000'000'000'000'000;

[[noreturn]] void throw_impossible_time(const std::string& value, const Place& place,
                                        std::string_view field) {
  throw row_error(place, "a time is impossible", std::string(field) + " = " + value,
                  "a time from 0 on", "correct or remove the row");
}

std::string described(const BlockIdentity& identity) {
  return "blocks of " + std::to_string(identity.block_tokens) + " tokens, ids " +
         std::string(to_string(identity.scope));
}

}  // namespace

RequestTraceBuilder::RequestTraceBuilder(std::string_view format, std::string source) {
  trace_.format = format;
  trace_.source = std::move(source);
  trace_.kinds.emplace_back();
}

void RequestTraceBuilder::set_identity(const BlockIdentity& identity, const Place& place) {
  if (identity.block_tokens <= 0) {
    throw row_error(place, "a block size is impossible", std::to_string(identity.block_tokens),
                    "at least 1 token", "give the block size that the ids were made with");
  }
  if (trace_.identity.block_tokens != 0 && !equal(trace_.identity, identity)) {
    throw row_error(place, "the block size changes inside a trace", described(identity),
                    described(trace_.identity) + ", as before",
                    "split the trace into parts of one block size and id scope each");
  }
  trace_.identity = identity;
}

void RequestTraceBuilder::set_times(Clock clock, TimeUnit unit) {
  trace_.clock = clock;
  trace_.time_unit = unit;
}

std::int32_t RequestTraceBuilder::new_session(const RequestSession& session) {
  trace_.sessions.push_back(session);
  last_row_.push_back(-1);
  return static_cast<std::int32_t>(trace_.sessions.size()) - 1;
}

std::int32_t RequestTraceBuilder::session_named(std::string_view name) {
  const auto [it, is_new] = names_.try_emplace(std::string(name), 0);
  if (is_new) it->second = new_session();
  return it->second;
}

std::uint8_t RequestTraceBuilder::kind(std::string_view name) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint8_t>::max();
  const auto it = std::find(trace_.kinds.begin(), trace_.kinds.end(), name);
  if (it != trace_.kinds.end()) return static_cast<std::uint8_t>(it - trace_.kinds.begin());
  if (trace_.kinds.size() > kMost) return 0;  // such a field does not name kinds
  trace_.kinds.emplace_back(name);
  return static_cast<std::uint8_t>(trace_.kinds.size() - 1);
}

void RequestTraceBuilder::add_local_id(std::uint64_t id, std::int32_t session) {
  add_id(mix64(id ^ mix64(static_cast<std::uint64_t>(session) + 1)));
}

std::int32_t RequestTraceBuilder::add(RequestRow row, const Place& place) {
  row.first_block = trace_.rows.empty() ? 0
                                        : trace_.rows.back().first_block +
                                              static_cast<std::uint64_t>(trace_.rows.back().blocks);
  row.blocks = static_cast<std::int32_t>(trace_.blocks.size() - row.first_block);
  std::int32_t& last = last_row_[static_cast<std::size_t>(row.session)];
  row.turn = last < 0 ? 0 : this->row(last).turn + 1;
  check_tokens(row, place);
  check_id_count(row, place);
  check_order(row, place);
  trace_.rows.push_back(row);
  return last = static_cast<std::int32_t>(trace_.rows.size()) - 1;
}

void RequestTraceBuilder::check_tokens(const RequestRow& row, const Place& place) const {
  if (row.input_tokens <= 0) {
    throw row_error(place, "a request has no prompt", std::to_string(row.input_tokens) + " tokens",
                    "at least 1 input token", "remove the row");
  }
  if (row.output_tokens < 0) {
    throw row_error(place, "a request has a negative output",
                    std::to_string(row.output_tokens) + " tokens", "at least 0 output tokens",
                    "remove the row");
  }
}

void RequestTraceBuilder::check_id_count(const RequestRow& row, const Place& place) const {
  if (row.blocks == 0) return;
  const std::int64_t expected = ids_expected(row, trace_.identity);
  if (row.blocks == expected) return;
  const std::string size = std::to_string(trace_.identity.block_tokens);
  throw row_error(
      place, "the number of block ids does not fit the prompt",
      std::to_string(row.blocks) + " ids for " + std::to_string(row.input_tokens) + " tokens",
      std::to_string(expected) + " (blocks of " + size + " tokens, " +
          std::string(to_string(trace_.identity.tail)) + " rule)",
      "give the block size that the ids were made with");
}

void RequestTraceBuilder::check_order(const RequestRow& row, const Place& place) const {
  const std::int32_t last = last_row(row.session);
  if (last < 0 || row.arrival_ns < 0 || row.arrival_ns >= this->row(last).arrival_ns) return;
  throw row_error(place, "a session goes back in time",
                  std::to_string(row.arrival_ns) + " ns after " +
                      std::to_string(this->row(last).arrival_ns) + " ns",
                  "rows of a session in the order of their times", "sort the trace by time");
}

RequestTrace RequestTraceBuilder::finish() {
  if (trace_.rows.empty()) {
    throw input_error({"a request trace is empty", trace_.source,
                       std::to_string(trace_.manifest.rows_read) + " rows, none of them a request",
                       "at least one request", "check that the file is complete"});
  }
  if (trace_.clock == Clock::trace) {
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    for (const RequestRow& row : trace_.rows) {
      if (row.arrival_ns >= 0) first = std::min(first, row.arrival_ns);
    }
    for (RequestRow& row : trace_.rows) {
      if (row.arrival_ns >= 0) row.arrival_ns -= first;
    }
  }
  return std::move(trace_);
}

std::int64_t to_nanoseconds(double value, std::int64_t unit_ns, const Place& place,
                            std::string_view field) {
  const double ns = value * static_cast<double>(unit_ns);
  if (!(ns >= 0 && ns <= static_cast<double>(kMostNs))) {
    throw_impossible_time(std::to_string(value), place, field);
  }
  return std::llround(ns);
}

std::int64_t to_nanoseconds(std::int64_t value, std::int64_t unit_ns, const Place& place,
                            std::string_view field) {
  if (value < 0 || value > kMostNs / unit_ns) {
    throw_impossible_time(std::to_string(value), place, field);
  }
  return value * unit_ns;
}

}  // namespace pagequest::traces
