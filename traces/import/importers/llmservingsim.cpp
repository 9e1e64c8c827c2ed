// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// LLMServingSim 2's workloads (github.com/casys-kaist/LLMServingSim): requests, and agents whose
// requests (sub_requests) follow each other after tools. One file may have both. Blocks are made of
// the prompts' tokens where they are there.
#include <string>

#include "base/rng.h"
#include "traces/import/importers/formats.h"
#include "traces/import/json_row.h"

namespace pagequest::traces {
namespace {

constexpr std::int32_t kBlockTokens = 16;  // vLLM's default

class Importer {
 public:
  Importer(RequestTraceBuilder& trace, const ImportOptions& options)
      : trace_(trace),
        block_tokens_(options.block_tokens > 0 ? options.block_tokens : kBlockTokens) {}

  void add_line(const JsonRow& json) {
    trace_.read_row();
    const auto arrival = json.nanoseconds({"arrival_time_ns"}, 1);
    const auto agent = json.array({"sub_requests"});
    if (!agent) {
      add(json, trace_.new_session(), arrival.value_or(-1), -1);
      return;
    }
    const std::int32_t session = trace_.new_session();
    std::int64_t start = arrival.value_or(-1);
    std::int64_t delay = -1;
    Place place{json.place().source, json.place().line, "sub_request"};
    for (const simdjson::dom::element value : *agent) {
      ++place.number;
      const JsonRow request(value, place);
      add(request, session, std::exchange(start, -1), delay);
      delay = request.nanoseconds({"tool_duration_ns"}, 1).value_or(0);
    }
    if (place.number == 0) trace_.skip("agents without requests");
  }

 private:
  void add(const JsonRow& json, std::int32_t session, std::int64_t arrival, std::int64_t delay) {
    RequestRow row;
    row.session = session;
    row.arrival_ns = arrival;
    row.delay_ns = delay;
    row.input_tokens = json.tokens({"input_toks"});
    row.output_tokens = json.tokens({"output_toks"});
    add_blocks(json, row.input_tokens);
    trace_.add(row, json.place());
  }

  /// A full block's id is a hash over all tokens up to its end.
  void add_blocks(const JsonRow& json, std::int32_t tokens) {
    const auto ids = json.array({"input_tok_ids"});
    if (!ids || ids->size() == 0) return;
    if (static_cast<std::int64_t>(ids->size()) != tokens) {
      throw row_error(json.place(), "the tokens of a prompt are not as many as it says",
                      std::to_string(ids->size()), std::to_string(tokens) + " (input_toks)",
                      "correct or remove the row");
    }
    trace_.set_identity({block_tokens_, TailRule::floor}, json.place());
    std::uint64_t chain = 0;
    std::int32_t position = 0;
    for (const simdjson::dom::element value : *ids) {
      std::int64_t token = 0;
      if (value.get(token) != simdjson::SUCCESS) {
        throw row_error(json.place(), "a token is not a whole number", simdjson::minify(value),
                        "whole numbers in input_tok_ids", "correct or remove the row");
      }
      chain = mix64(chain ^ static_cast<std::uint64_t>(token));
      if (++position % block_tokens_ == 0) trace_.add_id(chain);
    }
  }

  RequestTraceBuilder& trace_;
  std::int32_t block_tokens_;
};

}  // namespace

bool is_llmservingsim(std::string_view head) {
  return first_line_has_key(head, "input_toks") || first_line_has_key(head, "sub_requests");
}

void import_llmservingsim(TextInput& text, RequestTraceBuilder& trace,
                          const ImportOptions& options) {
  trace.set_times(Clock::trace, TimeUnit::nanoseconds);
  Importer importer(trace, options);
  JsonLines lines(text);
  while (const auto json = lines.next()) importer.add_line(*json);
}

}  // namespace pagequest::traces
