// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Azure LLM inference traces (github.com/Azure/AzurePublicDataset): TIMESTAMP, ContextTokens,
// GeneratedTokens; the file of 2025 has NumImages between them.
#include <string>

#include "traces/import/builder.h"
#include "traces/import/csv_rows.h"
#include "traces/import/date_time.h"
#include "traces/import/importers/formats.h"

namespace pagequest::traces {
namespace {

std::int64_t date_of(const CsvRows& rows, std::size_t column) {
  if (const auto time = parse_date_time(rows.field(column))) return *time;
  throw row_error(rows.place(), "a time can't be read", std::string(rows.field(column)),
                  "a date and time such as 2023-11-16 18:17:03.979", "correct or remove the row");
}

}  // namespace

bool is_azure(std::string_view head) {
  return header_has_column(head, "TIMESTAMP") && header_has_column(head, "ContextTokens");
}

void import_azure(TextInput& text, RequestTraceBuilder& trace, const ImportOptions&) {
  CsvRows rows(text);
  const std::size_t time = rows.column("TIMESTAMP");
  const std::size_t input = rows.column("ContextTokens");
  const std::size_t output = rows.column("GeneratedTokens");
  const auto images = rows.optional_column("NumImages");
  trace.set_times(Clock::trace, TimeUnit::date);
  while (rows.next()) {
    trace.read_row();
    RequestRow row;
    row.arrival_ns = date_of(rows, time);
    row.input_tokens = rows.integer(input);
    row.output_tokens = rows.integer(output);
    if (row.input_tokens == 0) {
      trace.skip("no context tokens");
      continue;
    }
    if (images && rows.integer(*images) > 0) trace.note("requests with images");
    row.session = trace.new_session();
    trace.add(row, rows.place());
  }
}

}  // namespace pagequest::traces
