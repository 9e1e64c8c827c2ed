// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Traces that Vidur reads (github.com/microsoft/vidur, data/processed_traces): arrivals in seconds
// and lengths, or lengths alone.
#include "traces/import/builder.h"
#include "traces/import/csv_rows.h"
#include "traces/import/importers/formats.h"

namespace pagequest::traces {

bool is_vidur(std::string_view head) {
  return header_has_column(head, "num_prefill_tokens") &&
         header_has_column(head, "num_decode_tokens");
}

void import_vidur(TextInput& text, RequestTraceBuilder& trace, const ImportOptions&) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  CsvRows rows(text);
  const std::size_t input = rows.column("num_prefill_tokens");
  const std::size_t output = rows.column("num_decode_tokens");
  const auto arrival = rows.optional_column("arrived_at");
  if (arrival) trace.set_times(Clock::trace, TimeUnit::seconds);
  while (rows.next()) {
    trace.read_row();
    RequestRow row;
    if (arrival) {
      row.arrival_ns = to_nanoseconds(rows.real(*arrival), kSecond, rows.place(), "arrived_at");
    }
    row.input_tokens = rows.integer(input);
    row.output_tokens = rows.integer(output);
    row.session = trace.new_session();
    trace.add(row, rows.place());
  }
}

}  // namespace pagequest::traces
