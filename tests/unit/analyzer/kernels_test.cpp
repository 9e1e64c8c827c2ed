// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "analyzer/analysis_set.h"
#include "base/error.h"
#include "tests/unit/analyzer/mini_trace.h"
#include "traces/kernel_times.h"

namespace pagequest::analyzer {
namespace {

using Given = std::map<std::string, std::string>;
using Tables = std::vector<ResultTable>;

/// Two attention operations and one projection of decode steps, one of prefill; a copy outside.
traces::KernelBatch kernels() {
  const auto operation = [](OperationKind kind, Phase phase, std::int64_t bytes,
                            std::int64_t flops) {
    return Operation{.kind = kind, .phase = phase, .bytes = bytes, .flops = flops};
  };
  return {.names = {"split", "merge", "gemv", "copy"},
          .operations = {operation(OperationKind::attention, Phase::decode, 4000, 8000),
                         operation(OperationKind::attention, Phase::decode, 6000, 12000),
                         operation(OperationKind::down, Phase::decode, 1000, 900000),
                         operation(OperationKind::down, Phase::prefill, 500, 1000),
                         operation(OperationKind::down, Phase::decode, 7777, 7777)},
          .runs = {{.operation = 0, .name = 0, .stream = 5, .start_ns = 0, .duration_ns = 1000},
                   {.operation = 0, .name = 1, .stream = 5, .start_ns = 900, .duration_ns = 600},
                   {.operation = 1, .name = 0, .stream = 5, .start_ns = 2000, .duration_ns = 2000},
                   {.operation = 1, .name = 1, .stream = 5, .start_ns = 4000, .duration_ns = 500},
                   {.operation = 2, .name = 2, .stream = 5, .start_ns = 5000, .duration_ns = 3000},
                   {.operation = 3, .name = 2, .stream = 5, .start_ns = 9000, .duration_ns = 1000},
                   {.operation = -1, .name = 3, .stream = 6, .start_ns = 0, .duration_ns = 1000}},
          .dropped = 2};
}

Tables tables_of(const Given& params, const traces::Header& header = testing::mini_header()) {
  const auto analysis = testing::make_analysis("kernels", params, header);
  analysis->kernel_times()->on(kernels());
  return analysis->results();
}

/// The row with these texts in its columns.
std::size_t row_with(const ResultTable& table, const std::map<std::string, std::string>& texts) {
  for (std::size_t row = 0; row < table.rows().size(); ++row) {
    bool matches = true;
    for (const auto& [column, text] : texts) matches &= table.text(row, column) == text;
    if (matches) return row;
  }
  throw std::out_of_range("no such row");
}

TEST_CASE("an operation's figures follow from its bytes, its FLOP and its own time") {
  const Tables tables = tables_of({});
  const auto& table = testing::table(tables, "kernel_operations");
  REQUIRE(table.rows().size() == 3);
  const auto row = row_with(table, {{"operation", "attention"}, {"phase", "decode"}});
  // 1000 + (600 - 100 of overlap) + 2000 + 500 ns for 10000 bytes and 20000 FLOP.
  CHECK(table.number(row, "operations") == 2);
  CHECK(table.number(row, "runs") == 4);
  CHECK(table.number(row, "time") == Approx(0.004));
  CHECK(table.number(row, "time_share") == Approx(4000.0 / 9000.0));
  CHECK(table.number(row, "mean") == Approx(2.0));
  CHECK(table.number(row, "bytes") == 5000);
  CHECK(table.number(row, "flops") == 10000);
  CHECK(table.number(row, "bandwidth") == Approx(2.5));
  CHECK(table.number(row, "compute") == Approx(0.005));
  CHECK(std::isnan(table.number(row, "ceiling_share")));
}

TEST_CASE("an operation for which nothing ran counts neither its bytes nor itself") {
  const Tables tables = tables_of({});
  const auto& table = testing::table(tables, "kernel_operations");
  const auto row = row_with(table, {{"operation", "down"}, {"phase", "decode"}});
  CHECK(table.number(row, "operations") == 1);
  CHECK(table.number(row, "bytes") == 1000);
}

TEST_CASE("the share of the ceiling takes the longer of moving and computing, for each operation") {
  const Given ceilings{{"copy_gbps", "5"}, {"matmul_tflops", "0.6"}};
  const Tables tables = tables_of(ceilings);
  const auto& table = testing::table(tables, "kernel_operations");
  // 10000 bytes at 5 GB/s are 2000 ns of 4000; 900000 FLOP at 0.6 TFLOP/s are 1500 ns of 3000.
  const auto attention = row_with(table, {{"operation", "attention"}});
  CHECK(table.number(attention, "ceiling_share") == Approx(0.5));
  const auto down = row_with(table, {{"operation", "down"}, {"phase", "decode"}});
  CHECK(table.number(down, "ceiling_share") == Approx(0.5));
  const auto& phases = testing::table(tables, "kernel_phases");
  const auto decode = row_with(phases, {{"phase", "decode"}});
  CHECK(phases.number(decode, "ceiling_share") == Approx(3500.0 / 7000.0));
  const auto prefill = row_with(phases, {{"phase", "prefill"}});
  CHECK(phases.number(prefill, "ceiling_share") == Approx(0.1));
}

TEST_CASE("a trace's own ceilings hold unless others are given, and one alone is enough") {
  traces::Header header = testing::mini_header();
  header.kernel_timing = {.clock = "cupti", .copy_gbps = 10};
  const auto share = [&](const Given& params) {
    const Tables tables = tables_of(params, header);
    const auto& table = testing::table(tables, "kernel_operations");
    return table.number(row_with(table, {{"operation", "attention"}}), "ceiling_share");
  };
  CHECK(share({}) == Approx(0.25));
  CHECK(share({{"copy_gbps", "5"}}) == Approx(0.5));
  CHECK(share({{"matmul_tflops", "0.01"}}) == Approx(0.5));
}

TEST_CASE("phases sum the operations of their passes") {
  const Tables tables = tables_of({});
  const auto& table = testing::table(tables, "kernel_phases");
  REQUIRE(table.rows().size() == 2);
  const auto decode = row_with(table, {{"phase", "decode"}});
  CHECK(table.number(decode, "operations") == 3);
  CHECK(table.number(decode, "runs") == 5);
  CHECK(table.number(decode, "time") == Approx(0.007));
  CHECK(table.number(decode, "bandwidth") == Approx(11.0 / 7.0));
  CHECK(table.description().find("none") != std::string::npos);
}

TEST_CASE("kernels are listed by their time, with quantiles and what lies outside") {
  const Tables tables = tables_of({});
  const auto& table = testing::table(tables, "kernel_names");
  REQUIRE(table.rows().size() == 4);
  CHECK(table.text(0, "kernel") == "gemv");
  CHECK(table.text(1, "kernel") == "split");
  CHECK(table.text(2, "kernel") == "copy");  // as long as "merge", and before it by name
  CHECK(table.text(3, "kernel") == "merge");
  CHECK(table.number(0, "runs") == 2);
  CHECK(table.number(0, "time") == Approx(0.004));
  CHECK(table.number(0, "mean") == Approx(2.0));
  CHECK(table.number(0, "p50") == Approx(1.0));
  CHECK(table.number(0, "p99") == Approx(3.0));
  CHECK(table.number(0, "outside") == 0);
  CHECK(table.number(2, "outside") == 1);
  CHECK(table.description().find("2 were lost") != std::string::npos);
}

TEST_CASE("kernel times that come in parts give the same tables") {
  const auto analysis = testing::make_analysis("kernels", {});
  traces::KernelBatch part = kernels();
  traces::KernelBatch runs;
  runs.runs = std::exchange(part.runs, {});
  analysis->kernel_times()->on(part);
  analysis->kernel_times()->on(runs);
  const Tables whole = tables_of({});
  const Tables tables = analysis->results();
  REQUIRE(tables.size() == whole.size());
  CHECK(tables[0].rows().size() == whole[0].rows().size());
  CHECK((tables[2].rows() == whole[2].rows()));
}

TEST_CASE("impossible ceilings are refused, and a trace without kernel times gives no rows") {
  CHECK_THROWS_AS(testing::make_analysis("kernels", Given{{"copy_gbps", "-1"}}), Error);
  CHECK_THROWS_AS(testing::make_analysis("kernels", Given{{"matmul_tflops", "nan"}}), Error);
  CHECK_THROWS_AS(testing::make_analysis("kernels", Given{{"matmul_tflops", "inf"}}), Error);
  for (const auto& table : testing::make_analysis("kernels", {})->results()) {
    CHECK(table.rows().empty());
  }
}

TEST_CASE("only analyses that take kernel times are sent them") {
  const std::vector<AnalysisRequest> others = {{.name = "episodes", .params = {}}};
  CHECK_FALSE(AnalysisSet(others, testing::mini_header()).wants_kernel_times());
  AnalysisSet all(all_analyses(), testing::mini_header());
  CHECK(all.wants_kernel_times());
  all.on(kernels());
  for (const auto& result : all.results()) {
    if (result.name != "kernels") continue;
    CHECK(testing::table(result.tables, "kernel_operations").rows().size() == 3);
  }
}

}  // namespace
}  // namespace pagequest::analyzer
