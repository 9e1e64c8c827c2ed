// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/synthetic_trace.h"
#include "tests/support/temporary_folder.h"
#include "traces/check.h"
#include "traces/writer.h"

// Every case plants one violation in valid kernel times and expects the rule's name.

using namespace pagequest;
using traces::KernelBatch;

namespace {

KernelBatch valid_kernels() {
  return {.names = {"gemv", "copy"},
          .operations = {{.iteration = 3, .layer = -1, .bytes = 10, .flops = 0},
                         {.iteration = 3, .layer = 1, .bytes = 0, .flops = 5},
                         {.iteration = 4, .layer = 0}},
          .runs = {{.operation = 0, .name = 0, .stream = 2, .start_ns = 0, .duration_ns = 5},
                   {.operation = -1, .name = 1, .stream = -1, .start_ns = -8, .duration_ns = 0},
                   {.operation = 2, .name = 0, .stream = 2, .start_ns = 4, .duration_ns = 3}},
          .dropped = 1};
}

std::set<std::string> broken_rules(const std::function<void(KernelBatch&)>& change) {
  const testing::TemporaryFolder folder;
  KernelBatch batch = valid_kernels();
  change(batch);
  traces::Header header = testing::synthetic_header({});
  header.kernel_timing = {.clock = "cupti"};
  traces::Writer writer(folder / "t.h5", header);
  writer.write_kernels(batch);
  writer.close();
  std::set<std::string> rules;
  for (const auto& finding : traces::check_trace(traces::Reader(folder / "t.h5"))) {
    rules.emplace(finding.rule);
  }
  return rules;
}

using Rules = std::set<std::string>;

}  // namespace

TEST_CASE("valid kernel times break no rule") {
  CHECK(broken_rules([](KernelBatch&) {}).empty());
}

TEST_CASE("a kernel that ends before it starts, or a negative number of lost ones, is found") {
  CHECK(broken_rules([](auto& batch) { batch.runs[2].duration_ns = -1; }) == Rules{"kernels"});
  CHECK(broken_rules([](auto& batch) { batch.dropped = -1; }) == Rules{"kernels"});
}

TEST_CASE("an operation of an earlier iteration, no layer or a negative cost is found") {
  CHECK(broken_rules([](auto& b) { b.operations[2].iteration = 2; }) == Rules{"operations"});
  CHECK(broken_rules([](auto& b) { b.operations[0].iteration = -1; }) == Rules{"operations"});
  CHECK(broken_rules([](auto& b) { b.operations[1].layer = 2; }) == Rules{"operations"});
  CHECK(broken_rules([](auto& b) { b.operations[1].layer = -2; }) == Rules{"operations"});
  CHECK(broken_rules([](auto& b) { b.operations[0].bytes = -1; }) == Rules{"operations"});
  CHECK(broken_rules([](auto& b) { b.operations[0].flops = -1; }) == Rules{"operations"});
}
