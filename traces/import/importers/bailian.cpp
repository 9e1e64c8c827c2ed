// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Alibaba Bailian's traces (github.com/alibaba-edu/qwen-bailian-usagetraces-anon; Wang et al.,
// "KVCache Cache in the Wild", ATC 2025). An id names the content of one block of 16 tokens and not
// what precedes it, so a prefix cache can serve fewer of the repeated ids than it seems.
#include <string>

#include <boost/unordered/unordered_flat_map.hpp>

#include "traces/import/importers/formats.h"
#include "traces/import/json_row.h"

namespace pagequest::traces {
namespace {

constexpr std::int32_t kBlockTokens = 16;
constexpr std::int64_t kSecond = 1'000'000'000;

/// Which chats went on in which session, and with which row.
class Chats {
 public:
  /// The parent's session if nobody else has continued it: sessions are chains, chats are trees.
  std::int32_t session_of(const JsonRow& json, RequestTraceBuilder& trace) const {
    const std::int64_t parent = json.integer({"parent_chat_id"}).value_or(-1);
    if (parent < 0) return trace.new_session();
    const auto it = rows_.find(parent);
    if (it == rows_.end()) {
      trace.note("chats whose parent is not in the trace");
      return trace.new_session();
    }
    const std::int32_t session = trace.row(it->second).session;
    if (trace.last_row(session) == it->second) return session;
    trace.note("chats that branch off an earlier turn");
    return trace.new_session();
  }
  void add(std::int64_t chat, std::int32_t row) { rows_[chat] = row; }

 private:
  boost::unordered_flat_map<std::int64_t, std::int32_t> rows_;
};

}  // namespace

bool is_bailian(std::string_view head) {
  return first_line_has_key(head, "chat_id") && first_line_has_key(head, "parent_chat_id");
}

void import_bailian(TextInput& text, RequestTraceBuilder& trace, const ImportOptions& options) {
  const std::int32_t block_tokens = options.block_tokens > 0 ? options.block_tokens : kBlockTokens;
  trace.set_identity({block_tokens, TailRule::ceil, IdScope::global, IdSemantics::content_only},
                     {text.name()});
  trace.set_times(Clock::trace, TimeUnit::seconds);
  Chats chats;
  JsonLines lines(text);
  while (const auto json = lines.next()) {
    trace.read_row();
    RequestRow row;
    row.session = chats.session_of(*json, trace);
    row.arrival_ns = json->nanoseconds({"timestamp"}, kSecond).value_or(-1);
    row.input_tokens = json->tokens({"input_length"});
    row.output_tokens = json->tokens({"output_length"}, 1);
    row.kind = trace.kind(json->text({"type"}).value_or(""));
    json->add_ids(trace, {"hash_ids"}, row.session);
    const std::int32_t index = trace.add(row, json->place());
    if (const auto chat = json->integer({"chat_id"})) chats.add(*chat, index);
  }
}

}  // namespace pagequest::traces
