// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Mooncake's traces (github.com/kvcache-ai/Mooncake, FAST25-release/traces): times in ms, lengths,
// ids of blocks of 512 tokens with the last one partial. AIPerf and Dynamo (github.com/ai-dynamo)
// added sessions with delays, other names of the same fields, dependencies, and a header row;
// KVCache.AI's simulator has the block size in each row.
#include <string>

#include <boost/unordered/unordered_flat_map.hpp>

#include "traces/import/importers/formats.h"
#include "traces/import/json_row.h"

namespace pagequest::traces {
namespace {

constexpr std::int32_t kBlockTokens = 512;
constexpr std::int64_t kMillisecond = 1'000'000;

class Importer {
 public:
  Importer(RequestTraceBuilder& trace, const ImportOptions& options)
      : trace_(trace), asked_block_tokens_(options.block_tokens) {}

  void add_line(const JsonRow& json) {
    trace_.read_row();
    declare_block_size(json);
    if (is_header(json)) {
      trace_.skip("header row");
    } else {
      add_request(json);
    }
  }

  void finish() { trace_.set_times(has_arrivals_ ? Clock::trace : Clock::none, unit()); }

 private:
  static bool is_header(const JsonRow& json) {
    return json.has({"schema"}) && !json.has({"input_length", "input_tokens", "hash_ids"});
  }
  [[nodiscard]] TimeUnit unit() const {
    return has_arrivals_ || has_delays_ ? TimeUnit::milliseconds : TimeUnit::none;
  }

  /// From a header, or from a row of its own.
  void declare_block_size(const JsonRow& json) {
    if (!json.has({"block_size"})) return;
    const std::int32_t declared = json.tokens({"block_size"});
    if (asked_block_tokens_ > 0 && declared != asked_block_tokens_) {
      throw row_error(json.place(), "the trace has another block size than asked for",
                      std::to_string(declared), std::to_string(asked_block_tokens_),
                      "leave the block size to the trace");
    }
    trace_.set_identity({declared}, json.place());
  }

  void add_request(const JsonRow& json) {
    RequestRow row;
    const auto session = json.label({"session_id"});
    row.session = session ? trace_.session_named(*session) : trace_.new_session();
    row.input_tokens = json.tokens({"input_length", "input_tokens"});
    row.output_tokens = json.tokens({"output_length", "output_tokens"}, 1);
    row.priority = json.tokens({"priority"}, 0);
    row.kind = trace_.kind(json.label({"request_kind"}).value_or(""));
    add_times(json, row);
    add_ids(json, row);
    const std::int32_t index = trace_.add(row, json.place());
    if (const auto id = json.label({"request_id"})) requests_[*id] = index;
  }

  void add_ids(const JsonRow& json, const RequestRow& row) {
    const auto ids = json.array({"hash_ids"});
    if (!ids || ids->size() == 0) return;
    if (trace_.identity().block_tokens == 0) {
      trace_.set_identity({asked_block_tokens_ > 0 ? asked_block_tokens_ : kBlockTokens},
                          json.place());
    }
    json.add_ids(trace_, {"hash_ids"}, row.session);
    const auto sizes = json.array({"block_tokens"});
    if (sizes && sizes->size() != ids->size()) {
      throw row_error(json.place(), "block_tokens does not fit hash_ids",
                      std::to_string(sizes->size()) + " numbers",
                      std::to_string(ids->size()) + ", one an id", "correct or remove the row");
    }
  }

  /// A session's rows after the first start a delay after the end of the one before.
  void add_times(const JsonRow& json, RequestRow& row) {
    const bool first = trace_.last_row(row.session) < 0;
    row.arrival_ns = json.nanoseconds({"timestamp", "created_time"}, kMillisecond).value_or(-1);
    has_arrivals_ |= row.arrival_ns >= 0;
    add_dependencies(json, row);
    if (first) return;
    if (const auto delay = json.nanoseconds({"delay", "delay_ms", "tool_wait_ms"}, kMillisecond)) {
      row.delay_ns = *delay;
    }
    has_delays_ |= row.delay_ns >= 0;
  }

  /// What a request waits for beside its session's previous one has no place in a RequestTrace.
  void add_dependencies(const JsonRow& json, RequestRow& row) {
    if (const auto names = json.array({"wait_for"})) {
      for (const simdjson::dom::element name : *names) {
        std::string_view id;
        if (name.get(id) == simdjson::SUCCESS && !is_previous(id, row)) note_foreign();
      }
    }
    const auto edges = json.array({"dependencies"});
    if (!edges) return;
    for (const simdjson::dom::element value : *edges) {
      const JsonRow edge(value, json.place());
      if (!is_previous(edge.label({"request_id"}).value_or(""), row)) {
        note_foreign();
      } else if (edge.text({"trigger"}).value_or("completion") == "completion") {
        row.delay_ns = edge.nanoseconds({"delay_ms"}, kMillisecond).value_or(0);
      }
    }
  }

  [[nodiscard]] bool is_previous(std::string_view id, const RequestRow& row) const {
    const auto it = requests_.find(std::string(id));
    return it != requests_.end() && it->second == trace_.last_row(row.session);
  }
  void note_foreign() { trace_.note("waits for requests of other sessions, left out"); }

  RequestTraceBuilder& trace_;
  std::int32_t asked_block_tokens_;
  bool has_arrivals_ = false;
  bool has_delays_ = false;
  boost::unordered_flat_map<std::string, std::int32_t> requests_;  // by request_id
};

bool has_any_key(std::string_view head, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (first_line_has_key(head, key)) return true;
  }
  return false;
}

}  // namespace

bool is_mooncake(std::string_view head) {
  if (has_any_key(head, {"chat_id", "sys_prompt", "event_type", "input_toks", "sub_requests",
                         "requests", "tool_tokens"})) {
    return false;
  }
  const bool header = has_any_key(head, {"schema"}) && has_any_key(head, {"hash_id_scope"});
  return header || has_any_key(head, {"input_length", "input_tokens", "hash_ids", "text_input"});
}

void import_mooncake(TextInput& text, RequestTraceBuilder& trace, const ImportOptions& options) {
  Importer importer(trace, options);
  JsonLines lines(text);
  while (const auto json = lines.next()) importer.add_line(*json);
  importer.finish();
}

}  // namespace pagequest::traces
