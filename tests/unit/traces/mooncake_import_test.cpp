// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <catch2/catch.hpp>

#include "tests/unit/traces/imported.h"

using namespace pagequest;
using namespace pagequest::traces;
using Catch::Matchers::Contains;
using testing::ids_of;
using testing::import_error;
using testing::imported;
using Ids = std::vector<std::uint64_t>;

TEST_CASE("A Mooncake trace keeps times, lengths and ids") {
  const RequestTrace trace = imported(
      R"({"timestamp": 100, "input_length": 600, "output_length": 5, "hash_ids": [0, 1], "x": {}}
{"timestamp": 100.5, "input_length": 512, "output_length": 0, "hash_ids": [7]})");
  CHECK(trace.format == "mooncake");
  CHECK(trace.identity.block_tokens == 512);
  CHECK(trace.identity.tail == TailRule::ceil);
  CHECK(trace.identity.scope == IdScope::global);
  CHECK(trace.identity.semantics == IdSemantics::prefix_chained);
  CHECK(trace.time_unit == TimeUnit::milliseconds);
  REQUIRE(trace.rows.size() == 2);
  CHECK(trace.rows[0].arrival_ns == 0);
  CHECK(trace.rows[1].arrival_ns == 500'000);
  CHECK(trace.rows[0].input_tokens == 600);
  CHECK(trace.rows[0].output_tokens == 5);
  CHECK(trace.rows[1].output_tokens == 0);
  CHECK(ids_of(trace, 0) == Ids{0, 1});
  CHECK(ids_of(trace, 1) == Ids{7});
  CHECK(trace.sessions.size() == 2);
  CHECK(trace.manifest.rows_read == 2);
}

TEST_CASE("Rows of one session id follow each other after their delays") {
  const RequestTrace trace = imported(
      R"({"session_id": "a", "timestamp": 10, "input_length": 5, "output_length": 2}
{"session_id": "b", "timestamp": 20, "input_length": 6, "output_length": 2}
{"session_id": "a", "delay": 1.5, "input_length": 7, "output_length": 2, "priority": 3}
{"session_id": "b", "delay_ms": 9, "input_length": 8, "output_length": null})");
  REQUIRE(trace.sessions.size() == 2);
  CHECK(trace.rows[2].session == 0);
  CHECK(trace.rows[2].turn == 1);
  CHECK(trace.rows[2].arrival_ns == -1);
  CHECK(trace.rows[2].delay_ns == 1'500'000);
  CHECK(trace.rows[2].priority == 3);
  CHECK(trace.rows[3].delay_ns == 9'000'000);
  CHECK(trace.rows[3].output_tokens == 1);
  CHECK(trace.rows[1].arrival_ns == 10'000'000);
  CHECK_FALSE(has_block_ids(trace));
}

TEST_CASE("Dynamo's names of the same fields are understood") {
  const RequestTrace trace = imported(
      R"({"request_id": "r", "created_time": 5, "input_tokens": 9.0, "output_tokens": 4}
{"request_id": "s", "created_time": 7, "input_tokens": 10, "output_tokens": 4})");
  CHECK(trace.rows[0].input_tokens == 9);
  CHECK(trace.rows[0].output_tokens == 4);
  CHECK(trace.rows[1].arrival_ns == 2'000'000);
}

TEST_CASE("A header row gives the block size, and dependencies give delays") {
  const RequestTrace trace = imported(
      R"({"schema": "agentic", "version": 2, "block_size": 4, "hash_id_scope": "local"}
{"request_id": "r0", "session_id": 1, "timestamp": 0, "input_length": 5, "hash_ids": [1, 2]}
{"request_id": "r1", "session_id": 1, "input_length": 5, "hash_ids": [1, 2], "dependencies": [{"request_id": "r0", "trigger": "completion", "delay_ms": 3, "relation": "sequence"}]}
{"request_id": "r2", "session_id": 1, "input_length": 5, "hash_ids": [1, 2], "wait_for": ["r1", "r0"], "tool_wait_ms": 4})");
  CHECK(trace.identity.block_tokens == 4);
  REQUIRE(trace.rows.size() == 3);
  CHECK(trace.rows[1].delay_ns == 3'000'000);
  CHECK(trace.rows[2].delay_ns == 4'000'000);
  CHECK(trace.manifest.skipped.at("header row") == 1);
  CHECK(trace.manifest.notes.at("waits for requests of other sessions, left out") == 1);
}

TEST_CASE("Ids may be texts: equal ones are equal ids") {
  const RequestTrace trace = imported(
      R"({"input_length": 8, "output_length": 1, "block_size": 4, "hash_ids": ["a", "b"]}
{"input_length": 8, "output_length": 1, "block_size": 4, "hash_ids": ["a", "c"], "block_tokens": [4, 4]})");
  CHECK(ids_of(trace, 0)[0] == ids_of(trace, 1)[0]);
  CHECK(ids_of(trace, 0)[1] != ids_of(trace, 1)[1]);
  CHECK(trace.clock == Clock::none);
  CHECK(trace.rows[0].arrival_ns == -1);
}

TEST_CASE("Ids of 64 bits, with and without a sign, stay whole") {
  const RequestTrace trace = imported(
      R"({"input_length": 1000, "output_length": 1, "hash_ids": [18446744073709551615, -2]})");
  CHECK(ids_of(trace, 0) == Ids{0xffff'ffff'ffff'ffffULL, 0xffff'ffff'ffff'fffeULL});
}

TEST_CASE("The block size can be given where the trace does not say it") {
  ImportOptions options;
  options.block_tokens = 16;
  const std::string text = R"({"input_length": 17, "output_length": 1, "hash_ids": [1, 2]})";
  CHECK(imported(text, options).identity.block_tokens == 16);
  CHECK_THAT(import_error(text), Contains("2 ids for 17 tokens") && Contains("line 1") &&
                                     Contains("1 (blocks of 512 tokens, ceil rule)") &&
                                     Contains("give the block size"));
}

TEST_CASE("Bad Mooncake rows are refused with their line") {
  const std::string good = R"({"timestamp": 0, "input_length": 5, "output_length": 2})"
                           "\n";
  const auto error_of = [&](const std::string& row) { return import_error(good + row); };
  CHECK_THAT(error_of(R"({"input_length": 0, "output_length": 2})"),
             Contains("line 2") && Contains("at least 1 input token"));
  CHECK_THAT(error_of(R"({"input_length": -3, "output_length": 2})"), Contains("-3 tokens"));
  CHECK_THAT(error_of(R"({"input_length": 5, "output_length": -2})"), Contains("-2 tokens"));
  CHECK_THAT(error_of(R"({"input_length": 2.5, "output_length": 2})"),
             Contains("input_length = 2.5"));
  CHECK_THAT(error_of(R"({"input_length": 5000000000})"), Contains("below 2^31"));
  CHECK_THAT(error_of(R"({"output_length": 5})"), Contains("no usable input_length"));
  CHECK_THAT(error_of(R"({"input_length": 5, "hash_ids": [true]})"), Contains("hash_ids = true"));
  CHECK_THAT(error_of(R"({"input_length": 5, "hash_ids": [1.5]})"), Contains("hash_ids = 1.5"));
  CHECK_THAT(error_of(R"({"input_length": 5, "hash_ids": {}})"), Contains("a list"));
  CHECK_THAT(error_of(R"({"input_length": 5, "timestamp": -1})"), Contains("timestamp = -1"));
  CHECK_THAT(error_of(R"({"input_length": 5, "timestamp": 1e300})"),
             Contains("a time is impossible"));
  CHECK_THAT(error_of(R"({"input_length": 5, "block_size": 0})"), Contains("at least 1 token"));
  CHECK_THAT(error_of(R"({"input_length": 5, "hash_ids": [1], "block_tokens": [1, 2]})"),
             Contains("1, one an id"));
  CHECK_THAT(error_of(R"({"input_length": 5)"), Contains("not valid JSON"));
  CHECK_THAT(error_of("[1]"), Contains("not a JSON object"));
}

TEST_CASE("A block size that changes, or is not the one asked for, is refused") {
  const std::string row = R"({"input_length": 5, "output_length": 1, "block_size": 16})";
  CHECK_THAT(import_error(row + "\n" + R"({"input_length": 5, "block_size": 32})"),
             Contains("line 2") && Contains("changes inside a trace"));
  ImportOptions options;
  options.block_tokens = 8;
  CHECK_THAT(import_error(row, options), Contains("another block size than asked for"));
}

TEST_CASE("A session that goes back in time is refused") {
  CHECK_THAT(import_error(R"({"session_id": 1, "timestamp": 5, "input_length": 5}
{"session_id": 1, "timestamp": 4, "input_length": 5})"),
             Contains("line 2") && Contains("back in time"));
}
