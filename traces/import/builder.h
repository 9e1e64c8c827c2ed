// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "traces/import/place.h"
#include "traces/import/request_trace.h"

namespace pagequest::traces {

/// Assembles a RequestTrace row by row, and holds what all formats have to keep to.
class RequestTraceBuilder {
 public:
  RequestTraceBuilder(std::string_view format, std::string source);

  /// Identity of the ids to come. Throws input_error if a source contradicts what it said before.
  void set_identity(const BlockIdentity& identity, const Place& place);
  [[nodiscard]] const BlockIdentity& identity() const { return trace_.identity; }
  void set_times(Clock clock, TimeUnit unit);

  [[nodiscard]] std::int32_t new_session(const RequestSession& session = {});
  /// The session of that name, which begins with the first call.
  [[nodiscard]] std::int32_t session_named(std::string_view name);
  [[nodiscard]] RequestSession& session(std::int32_t index) {
    return trace_.sessions[static_cast<std::size_t>(index)];
  }
  /// The session's last row so far; -1: it has none.
  [[nodiscard]] std::int32_t last_row(std::int32_t session) const {
    return last_row_[static_cast<std::size_t>(session)];
  }
  [[nodiscard]] const RequestRow& row(std::int32_t index) const {
    return trace_.rows[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] std::uint8_t kind(std::string_view name);

  /// An id of the next row, and one that means something within `session` only.
  void add_id(std::uint64_t id) { trace_.blocks.push_back(id); }
  void add_local_id(std::uint64_t id, std::int32_t session);
  /// Adds a row with the ids since the last one; its turn, first_block and blocks are filled in.
  /// Throws input_error unless it has tokens, as many ids as the tail rule says or none, and no
  /// earlier arrival than the row of its session before it. Gives its index.
  std::int32_t add(RequestRow row, const Place& place);

  void read_row() { ++trace_.manifest.rows_read; }
  void skip(const char* reason) { ++trace_.manifest.skipped[reason]; }
  void note(const char* what) { ++trace_.manifest.notes[what]; }

  /// Checks that there are rows, and counts arrivals from the first one.
  [[nodiscard]] RequestTrace finish();

 private:
  void check_tokens(const RequestRow& row, const Place& place) const;
  void check_id_count(const RequestRow& row, const Place& place) const;
  void check_order(const RequestRow& row, const Place& place) const;

  RequestTrace trace_;
  std::vector<std::int32_t> last_row_;  // a session
  boost::unordered_flat_map<std::string, std::int32_t> names_;
};

/// Nanoseconds of `value` units. Throws input_error if it is negative or too much.
[[nodiscard]] std::int64_t to_nanoseconds(double value, std::int64_t unit_ns, const Place& place,
                                          std::string_view field);
[[nodiscard]] std::int64_t to_nanoseconds(std::int64_t value, std::int64_t unit_ns,
                                          const Place& place, std::string_view field);

}  // namespace pagequest::traces
