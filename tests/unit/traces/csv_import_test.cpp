// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <catch2/catch.hpp>

#include "tests/unit/traces/imported.h"
#include "traces/import/date_time.h"

using namespace pagequest;
using namespace pagequest::traces;
using Catch::Matchers::Contains;
using testing::import_error;
using testing::imported;

TEST_CASE("Dates are read as the Azure traces of three years write them") {
  // Seconds since 1970 from `date -u +%s`.
  CHECK(parse_date_time("2023-11-16 18:17:03.9799600") == 1700158623'979960000);
  CHECK(parse_date_time("2024-05-10 00:00:00.009930+00:00") == 1715299200'009930000);
  CHECK(parse_date_time("2024-05-10 00:00:00+00:00") == 1715299200'000000000);
  CHECK(parse_date_time("2024-10-15T12:00:00.269Z") == 1728993600'269000000);
  CHECK(parse_date_time("2024-10-15T14:30:00+02:30") == 1728993600'000000000);
  CHECK(parse_date_time("2024-10-15T11:00:00-01:00") == 1728993600'000000000);
}

TEST_CASE("What is no date is not read as one") {
  for (const char* text :
       {"", "0.5", "2023-02-30 00:00:00", "2023-11-16", "2023-11-16 24:00:00",
        "2023-11-16 18:17:03x", "9999-01-01 00:00:00", "2023-11-16 18:17:03+1"}) {
    INFO(text);
    CHECK_FALSE(parse_date_time(text));
  }
}

TEST_CASE("An Azure trace of 2023 has carriage returns and no newline at its end") {
  const RequestTrace trace = imported(
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,4808,10\r\n"
      "2023-11-16 18:17:04.0319600,3180,8");
  CHECK(trace.format == "azure");
  CHECK(trace.time_unit == TimeUnit::date);
  CHECK(trace.clock == Clock::trace);
  REQUIRE(trace.rows.size() == 2);
  CHECK(trace.rows[0].arrival_ns == 0);
  CHECK(trace.rows[1].arrival_ns == 52'000'000);
  CHECK(trace.rows[1].input_tokens == 3180);
  CHECK(trace.rows[1].output_tokens == 8);
  CHECK_FALSE(has_block_ids(trace));
}

TEST_CASE("An Azure trace of 2024 may lack fractions, and begin with a byte order mark") {
  const RequestTrace trace = imported(
      "\xef\xbb\xbfTIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00.5+00:00,1,2\n"
      "2024-05-10 00:00:02+00:00,3,4\n");
  CHECK(trace.rows[1].arrival_ns == 1'500'000'000);
}

TEST_CASE("An Azure trace of 2025 has a column more, and counts its images") {
  const RequestTrace trace = imported(
      "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n2024-10-15T12:00:00.269Z,2,30,4\n"
      "2024-10-15T12:00:01.269Z,0,0,4\n");
  REQUIRE(trace.rows.size() == 1);
  CHECK(trace.rows[0].input_tokens == 30);
  CHECK(trace.manifest.notes.at("requests with images") == 1);
  CHECK(trace.manifest.skipped.at("no context tokens") == 1);
  CHECK(trace.manifest.rows_read == 2);
}

TEST_CASE("Columns are found by name in any order, and quotes are taken off") {
  const RequestTrace trace = imported(
      "\"num_decode_tokens\",other,num_prefill_tokens,arrived_at\n7,\"a,b\",100,1.5\n8,,200.0,3\n");
  CHECK(trace.format == "vidur");
  CHECK(trace.rows[0].input_tokens == 100);
  CHECK(trace.rows[0].output_tokens == 7);
  CHECK(trace.rows[1].input_tokens == 200);
  CHECK(trace.rows[1].arrival_ns == 1'500'000'000);
}

TEST_CASE("A Vidur trace may have lengths only") {
  const RequestTrace trace = imported(
      "num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n3772,54,3826,69.85\n");
  CHECK(trace.clock == Clock::none);
  CHECK(trace.rows[0].arrival_ns == -1);
  CHECK(trace.rows[0].input_tokens == 3772);
}

TEST_CASE("BurstGPT has sessions, durations, and failures that are left out") {
  const RequestTrace trace = imported(
      "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log "
      "Type\n"
      "19440110.0,s1,43,GPT-4,906,446,1352,Conversation log\n"
      "19440161.0,,2,ChatGPT,36,29,65,API log\n"
      "19440170.0,,2,ChatGPT,36,0,36,API log\n"
      "19440192.0,s1,8,GPT-4,1779,123,1902,Conversation log\n");
  CHECK(trace.format == "burstgpt");
  REQUIRE(trace.rows.size() == 3);
  CHECK(trace.rows[0].duration_ns == 43'000'000'000);
  CHECK(trace.rows[2].arrival_ns == 82'000'000'000);
  CHECK(trace.rows[2].session == trace.rows[0].session);
  CHECK(trace.rows[2].turn == 1);
  CHECK(trace.kinds[trace.rows[1].kind] == "API log");
  CHECK(trace.manifest.skipped.at("failed: no request or response tokens") == 1);
}

TEST_CASE("BurstGPT version 1 has no sessions") {
  const RequestTrace trace = imported(
      "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
      "5,ChatGPT,472,18,490,Conversation log\n45,ChatGPT,1087,230,1317,Conversation log\n");
  CHECK(trace.sessions.size() == 2);
  CHECK(trace.rows[1].arrival_ns == 40'000'000'000);
}

TEST_CASE("Bad CSV rows are refused with their line") {
  const std::string azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
  const std::string vidur = "arrived_at,num_prefill_tokens,num_decode_tokens\n0,5,5\n";
  CHECK_THAT(import_error(azure + "yesterday,5,5\n"), Contains("line 2") && Contains("yesterday"));
  CHECK_THAT(import_error(azure + "2023-11-16 18:17:03,-5,5\n"), Contains("-5 tokens"));
  CHECK_THAT(import_error(vidur + "1,5\n"), Contains("line 3") && Contains("number of fields"));
  CHECK_THAT(import_error(vidur + "1,5,\n"), Contains("num_decode_tokens = "));
  CHECK_THAT(import_error(vidur + "1,x,5\n"), Contains("num_prefill_tokens = x"));
  CHECK_THAT(import_error(vidur + "nan,5,5\n"), Contains("arrived_at = nan"));
  CHECK_THAT(import_error(vidur + "-1,5,5\n"), Contains("a time is impossible"));
  CHECK_THAT(import_error(vidur + "1,2.5,5\n"), Contains("not a count"));
  CHECK_THAT(import_error(azure), Contains("is empty"));
  CHECK_THAT(import_error("TIMESTAMP,ContextTokens\n"),
             Contains("lacks a column") && Contains("GeneratedTokens"));
}
