// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// BurstGPT (github.com/HPMLL/BurstGPT; Wang et al., KDD 2025). Version 1 has no sessions. Failed
// requests have no response tokens.
#include <string_view>

#include "traces/import/builder.h"
#include "traces/import/csv_rows.h"
#include "traces/import/importers/formats.h"

namespace pagequest::traces {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Columns {
  explicit Columns(const CsvRows& rows)
      : time(rows.column("Timestamp")),
        input(rows.column("Request tokens")),
        output(rows.column("Response tokens")),
        session(rows.optional_column("Session ID")),
        elapsed(rows.optional_column("Elapsed time")),
        log(rows.optional_column("Log Type")) {}
  std::size_t time;
  std::size_t input;
  std::size_t output;
  std::optional<std::size_t> session;
  std::optional<std::size_t> elapsed;
  std::optional<std::size_t> log;
};

RequestRow row_of(const CsvRows& rows, const Columns& columns) {
  RequestRow row;
  row.arrival_ns = to_nanoseconds(rows.real(columns.time), kSecond, rows.place(), "Timestamp");
  row.input_tokens = rows.integer(columns.input);
  row.output_tokens = rows.integer(columns.output);
  if (columns.elapsed && !rows.field(*columns.elapsed).empty()) {
    row.duration_ns =
        to_nanoseconds(rows.real(*columns.elapsed), kSecond, rows.place(), "Elapsed time");
  }
  return row;
}

}  // namespace

bool is_burstgpt(std::string_view head) {
  return header_has_column(head, "Request tokens") && header_has_column(head, "Response tokens");
}

void import_burstgpt(TextInput& text, RequestTraceBuilder& trace, const ImportOptions&) {
  CsvRows rows(text);
  const Columns columns(rows);
  trace.set_times(Clock::trace, TimeUnit::seconds);
  while (rows.next()) {
    trace.read_row();
    RequestRow row = row_of(rows, columns);
    if (row.output_tokens == 0 || row.input_tokens == 0) {
      trace.skip("failed: no request or response tokens");
      continue;
    }
    const std::string_view session = columns.session ? rows.field(*columns.session) : "";
    row.session = session.empty() ? trace.new_session() : trace.session_named(session);
    if (columns.log) row.kind = trace.kind(rows.field(*columns.log));
    trace.add(row, rows.place());
  }
}

}  // namespace pagequest::traces
