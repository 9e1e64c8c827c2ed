// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/temporary_folder.h"
#include "tests/unit/traces/imported.h"

using namespace pagequest;
using namespace pagequest::traces;
using Catch::Matchers::Contains;
using testing::ids_of;
using testing::import_error;
using testing::imported;

namespace {

std::string session(const std::string& requests, const std::string& scope = "local") {
  return R"({"id": "s", "models": ["m"], "block_size": 4, "hash_id_scope": ")" + scope +
         R"(", "tool_tokens": 1, "system_tokens": 1, "requests": [)" + requests +
         R"(], "totals": {}})";
}

/// A request of 9 tokens at `t` seconds that takes 2 s.
std::string request(const std::string& t, const std::string& ids = "1, 2") {
  return R"({"t": )" + t + R"(, "type": "n", "model": "m", "in": 9, "out": 3, "hash_ids": [)" +
         ids + R"(], "api_time": 2.0, "think_time": 0})";
}

/// A sub-agent whose entry is at `t`, with one request at `inner`.
std::string agent(const std::string& t, const std::string& duration_ms, const std::string& inner) {
  return R"({"t": )" + t + R"(, "type": "subagent", "agent_id": "a", "duration_ms": )" +
         duration_ms + R"(, "requests": [)" + request(inner, "1, 3") + "]}";
}

constexpr std::int64_t kSecond = 1'000'000'000;

}  // namespace

TEST_CASE("A Weka session keeps turns, pauses and the ids of full blocks") {
  const RequestTrace trace = imported(session(request("0.0") + "," + request("7", "1, 5")));
  CHECK(trace.format == "weka");
  CHECK(trace.identity.block_tokens == 4);
  CHECK(trace.identity.tail == TailRule::floor);
  CHECK(trace.identity.scope == IdScope::per_session);
  CHECK(trace.clock == Clock::session);
  REQUIRE(trace.rows.size() == 2);
  CHECK(trace.rows[1].turn == 1);
  CHECK(trace.rows[1].arrival_ns == 7 * kSecond);
  CHECK(trace.rows[1].delay_ns == 5 * kSecond);
  CHECK(trace.rows[1].duration_ns == 2 * kSecond);
  CHECK(trace.kinds[trace.rows[0].kind] == "n");
  CHECK(ids_of(trace, 0)[0] == ids_of(trace, 1)[0]);
  CHECK(ids_of(trace, 0)[1] != ids_of(trace, 1)[1]);
}

TEST_CASE("A sub-agent's entry stands at its end, with times from its start") {
  const RequestTrace trace =
      imported(session(request("0") + "," + agent("13", "10000", "0") + "," + request("15")));
  REQUIRE(trace.sessions.size() == 2);
  const RequestSession& agent = trace.sessions[1];
  CHECK(agent.parent == 0);
  CHECK(agent.parent_row == 0);
  CHECK(agent.start_ns == 3 * kSecond);
  CHECK(agent.end_ns == 13 * kSecond);
  CHECK(trace.rows[1].session == 1);
  CHECK(trace.rows[1].arrival_ns == 3 * kSecond);
  CHECK(trace.rows[2].session == 0);
  CHECK(trace.rows[2].turn == 1);
  CHECK(ids_of(trace, 0)[0] == ids_of(trace, 1)[0]);  // one session, one scope
  CHECK(trace.manifest.rows_read == 4);
  CHECK(trace.manifest.skipped.at("sub-agent entries, read as sessions") == 1);
}

TEST_CASE("Times inside a sub-agent may be those of the session") {
  const RequestTrace trace =
      imported(session(request("0") + "," + agent("13.4", "10000", "3") + "," + request("15")));
  CHECK(trace.sessions[1].start_ns == 3 * kSecond);
  CHECK(trace.rows[1].arrival_ns == 3 * kSecond);
}

TEST_CASE("A sub-agent's entry that can't stand at its end stands at its start") {
  const RequestTrace trace =
      imported(session(request("0") + "," + request("20") + "," + agent("23", "30000", "0")));
  CHECK(trace.sessions[1].parent_row == 1);
  CHECK(trace.sessions[1].start_ns == 23 * kSecond);
  CHECK(trace.rows[2].arrival_ns == 23 * kSecond);
}

TEST_CASE("A sub-agent without a duration starts at its entry and ends with its last request") {
  const RequestTrace trace = imported(session(request("0") + "," + agent("13", "null", "0")));
  CHECK(trace.sessions[1].start_ns == 13 * kSecond);
  CHECK(trace.sessions[1].end_ns == 15 * kSecond);
}

TEST_CASE("Sessions on lines, in one text laid out for reading, and in a folder are the same") {
  const std::string one = session(request("0"));
  const std::string two = session(request("0") + "," + request("9"));
  const RequestTrace lines = imported(one + "\n" + two + "\n");
  REQUIRE(lines.sessions.size() == 2);
  CHECK(ids_of(lines, 0) != ids_of(lines, 1));  // the same numbers, but another session
  CHECK(imported("{\n" + one.substr(1)).rows.size() == 1);

  const testing::TemporaryFolder folder;
  std::ofstream(folder / "1.json") << one;
  std::ofstream(folder / "2.json") << two;
  std::ofstream(folder / "LICENSE") << "not a trace";
  const RequestTrace files = import_requests(folder.path().string());
  CHECK(files.blocks == lines.blocks);
  CHECK(files.sessions.size() == 2);
  CHECK(detect_request_trace(folder.path().string())->name == "weka");
}

TEST_CASE("Global ids of agent sessions stay as they are") {
  CHECK(ids_of(imported(session(request("0"), "global")), 0) == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("Bad agent sessions are refused with the request") {
  CHECK_THAT(import_error(session(request("0") + "," + request("5", "1, 2, 3"))),
             Contains("request 2") && Contains("3 ids for 9 tokens") && Contains("floor rule"));
  CHECK_THAT(import_error(session(request("0", "1, true"))), Contains("hash_ids = true"));
  CHECK_THAT(import_error(session("7")), Contains("request 1") && Contains("not a JSON object"));
  CHECK_THAT(import_error(R"({"hash_id_scope": "local", "requests": []})"), Contains("block_size"));
  CHECK_THAT(import_error(session("")), Contains("is empty"));
  CHECK_THAT(import_error(session(request("0")).substr(0, 150)), Contains("not valid JSON"));
}

TEST_CASE("LLMServingSim's requests and agents may be mixed, and times are nanoseconds") {
  const RequestTrace trace = imported(
      R"({"input_toks": 10, "output_toks": 70, "arrival_time_ns": 46926808}
{"session_id": 3, "arrival_time_ns": 46926810, "sub_requests": [{"input_toks": 5, "output_toks": 2, "tool_duration_ns": 40}, {"input_toks": 9, "output_toks": 1, "tool_duration_ns": 0}]})");
  CHECK(trace.format == "llmservingsim");
  REQUIRE(trace.rows.size() == 3);
  CHECK(trace.rows[0].arrival_ns == 0);
  CHECK(trace.rows[1].arrival_ns == 2);
  CHECK(trace.rows[2].arrival_ns == -1);
  CHECK(trace.rows[2].delay_ns == 40);
  CHECK(trace.rows[2].turn == 1);
  CHECK_FALSE(has_block_ids(trace));
}

TEST_CASE("Blocks of LLMServingSim are equal where all tokens up to their end are") {
  ImportOptions options;
  options.block_tokens = 2;
  const RequestTrace trace = imported(
      R"({"input_toks": 5, "output_toks": 1, "arrival_time_ns": 0, "input_tok_ids": [1, 2, 3, 4, 5]}
{"input_toks": 4, "output_toks": 1, "arrival_time_ns": 0, "input_tok_ids": [1, 2, 3, 5]}
{"input_toks": 4, "output_toks": 1, "arrival_time_ns": 0, "input_tok_ids": [3, 4, 3, 4]})",
      options);
  CHECK(trace.identity.tail == TailRule::floor);
  CHECK(ids_of(trace, 0).size() == 2);
  CHECK(ids_of(trace, 0)[0] == ids_of(trace, 1)[0]);
  CHECK(ids_of(trace, 0)[1] != ids_of(trace, 1)[1]);
  CHECK(ids_of(trace, 2)[0] != ids_of(trace, 2)[1]);
  CHECK(ids_of(trace, 2)[1] != ids_of(trace, 0)[1]);
  CHECK_THAT(import_error(R"({"input_toks": 5, "output_toks": 1, "input_tok_ids": [1, 2]})"),
             Contains("line 1") && Contains("5 (input_toks)"));
}

TEST_CASE("Bailian's chats are sessions, and its ids can be chained") {
  const std::string text =
      R"({"chat_id": 1, "parent_chat_id": -1, "timestamp": 61.5, "input_length": 32, "output_length": 2, "type": "text", "turn": 1, "hash_ids": [7, 8]}
{"chat_id": 2, "parent_chat_id": 1, "timestamp": 62.5, "input_length": 33, "output_length": 2, "type": "text", "turn": 2, "hash_ids": [7, 8, 9]}
{"chat_id": 3, "parent_chat_id": 1, "timestamp": 63, "input_length": 32, "output_length": 2, "type": "file", "turn": 2, "hash_ids": [6, 8]}
{"chat_id": 4, "parent_chat_id": 99, "timestamp": 63, "input_length": 16, "output_length": 2, "type": "text", "turn": 2, "hash_ids": [8]})";
  const RequestTrace trace = imported(text);
  CHECK(trace.format == "bailian");
  CHECK(trace.identity.semantics == IdSemantics::content_only);
  CHECK(trace.identity.block_tokens == 16);
  CHECK(trace.rows[1].session == 0);
  CHECK(trace.rows[1].arrival_ns == kSecond);
  CHECK(trace.rows[2].session == 1);
  CHECK(trace.rows[3].session == 2);
  CHECK(trace.manifest.notes.at("chats that branch off an earlier turn") == 1);
  CHECK(trace.manifest.notes.at("chats whose parent is not in the trace") == 1);

  ImportOptions options;
  options.rechain = true;
  const RequestTrace chained = imported(text, options);
  CHECK(chained.identity.semantics == IdSemantics::prefix_chained);
  CHECK(ids_of(chained, 0)[1] == ids_of(chained, 1)[1]);  // 7 8 is the start of both
  CHECK(ids_of(chained, 0)[1] != ids_of(chained, 2)[1]);  // 8 after another block
  CHECK(ids_of(chained, 0)[1] != ids_of(chained, 3)[0]);
}
