// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Runs the program that is sold: `pagequest bench engine --json`. No time is judged, only that the
// numbers belong together.
#include <string>

#include <catch2/catch.hpp>

#include "tests/cli/program.h"

namespace {

using pagequest::testing::number;
using pagequest::testing::Row;
using pagequest::testing::Tables;

Tables tables_of(const std::string& arguments) {
  return pagequest::testing::tables_in(pagequest::testing::run_program(arguments).out);
}

const std::string kTiny =
    "bench engine --geometry tiny --depth 0,64 --prompt 48 --repetitions 4 --threads 2 --json";

TEST_CASE("bandwidth is bytes times rate, and a positive share of the machine's", "[cli]") {
  const auto tables = tables_of(kTiny);
  REQUIRE(tables.at("decode").size() == 4);
  for (const Row& row : tables.at("decode")) {
    CHECK(number(row, "gb_per_s") ==
          Approx(1e-9 * number(row, "bytes_per_token") * number(row, "tokens_per_s")));
    CHECK(number(row, "read_bandwidth_share") > 0);
    CHECK(number(row, "quiet_tokens_per_s") >= number(row, "tokens_per_s"));
  }
  const Row& machine = tables.at("machine").front();
  CHECK(number(machine, "read_gb_per_s") > 0);
  CHECK(number(machine, "best_read_gb_per_s") >= number(machine, "read_gb_per_s"));
}

TEST_CASE("a deeper step reads the keys and values of more tokens", "[cli]") {
  const auto tables = tables_of(kTiny);
  const auto& decode = tables.at("decode");
  const double kv_bytes = number(tables.at("model").front(), "kv_bytes_per_token");
  CHECK(number(decode[0], "depth") == 0);
  CHECK(number(decode[2], "depth") == 64);
  // At depth 0 a step has one token before it; the steps of depth 0 are not in the depth 64.
  CHECK(number(decode[2], "bytes_per_token") - number(decode[0], "bytes_per_token") ==
        Approx(63 * kv_bytes));
}

TEST_CASE("prefill's arithmetic and memory rates are shares of the ceilings", "[cli]") {
  const auto tables = tables_of(kTiny);
  REQUIRE(tables.at("prefill").size() == 2);
  const Row& machine = tables.at("machine").front();
  for (const Row& row : tables.at("prefill")) {
    CHECK(number(row, "gflop_per_s") ==
          Approx(number(row, "peak_gflop_share") * number(machine, "peak_gflop_per_s")));
    CHECK(number(row, "read_bandwidth_share") > 0);
    CHECK(number(row, "best_tokens_per_s") >= number(row, "tokens_per_s"));
  }
}

TEST_CASE("the capture's overhead is a ratio for each depth and the prompt", "[cli]") {
  const auto tables = tables_of(kTiny);
  REQUIRE(tables.at("capture").size() == 3);
  for (const Row& row : tables.at("capture")) {
    CHECK(number(row, "time_ratio") > 0);
    CHECK(number(row, "overhead") == Approx(number(row, "time_ratio") - 1));
  }
}

TEST_CASE("without the capture nothing is said of it", "[cli]") {
  const auto tables = tables_of(kTiny + " --no-capture");
  CHECK_FALSE(tables.contains("capture"));
  REQUIRE(tables.at("decode").size() == 2);
  for (const Row& row : tables.at("decode")) CHECK(row.at("capture") == "off");
}

TEST_CASE("the process holds at least its weights and the pages in use", "[cli]") {
  const auto tables = tables_of(kTiny);
  const Row& memory = tables.at("memory").front();
  CHECK(number(memory, "weights_mib") > 0);
  CHECK(number(memory, "kv_pool_mib") > 0);
  CHECK(number(memory, "resident_mib") >= number(memory, "weights_mib"));
}

TEST_CASE("weights that are rounded are listed by their type, and a step reads fewer bytes",
          "[cli]") {
  const auto read_mb = [](const std::string& weights, const std::string& type) {
    const auto tables = tables_of(kTiny + " --no-capture --weights " + weights);
    const Row& model = tables.at("model").front();
    CHECK(model.at("weight_types") == type);
    return number(model, "weight_mb_per_token");
  };
  const double stored = read_mb("stored", "bf16");
  CHECK(read_mb("fp8", "fp8") < stored);  // little less: tiny's groups of inputs are half empty
  CHECK(read_mb("int8", "int8") == read_mb("fp8", "fp8"));
}

}  // namespace
