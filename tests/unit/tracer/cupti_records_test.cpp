// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/cupti_records.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/tracer/activity_buffer.h"

using namespace pagequest;
using pagequest::testing::ActivityBuffer;
using tracer::CuptiRecords;
using tracer::KernelLog;
using traces::KernelBatch;
using traces::KernelRun;

namespace {

/// What the records give, with `operations` that have begun.
KernelBatch batch_of(const ActivityBuffer& buffer, int operations, std::size_t most = 100) {
  KernelLog log;
  for (int i = 0; i < operations; ++i) log.begin({.layer = i});
  CuptiRecords records(log, most);
  for (std::size_t i = 0; i < buffer.records(); ++i) records.take(buffer[i]);
  records.finish();
  return log.take();
}

std::vector<std::int64_t> operations_of(const KernelBatch& batch) {
  std::vector<std::int64_t> operations;
  for (const KernelRun& run : batch.runs) operations.push_back(run.operation);
  return operations;
}

}  // namespace

TEST_CASE("kernels, copies and fills belong to the operation whose call launched them") {
  ActivityBuffer buffer;
  buffer.call(11, 2);
  buffer.api(11);
  buffer.kernel(11, "_Z4gemvILi4EEvPKf", 1000, 1500, 13);
  buffer.call(12, 0);
  buffer.copy(12, CUPTI_ACTIVITY_MEMCPY_KIND_DTOH, 1600, 1700);
  buffer.call(13, 0);
  buffer.memset(13, 1650, 1690);
  const KernelBatch batch = batch_of(buffer, 3);
  CHECK(batch.names == std::vector<std::string>{"gemv<4>", "copy device to host", "fill"});
  REQUIRE(batch.runs.size() == 3);
  CHECK(batch.runs[0] ==
        KernelRun{.operation = 2, .name = 0, .stream = 13, .start_ns = 0, .duration_ns = 500});
  CHECK(batch.runs[1] ==
        KernelRun{.operation = 0, .name = 1, .stream = 7, .start_ns = 600, .duration_ns = 100});
  CHECK(batch.runs[2] ==
        KernelRun{.operation = 0, .name = 2, .stream = 7, .start_ns = 650, .duration_ns = 40});
  CHECK(batch.dropped == 0);
}

TEST_CASE("copies are named after their directions") {
  ActivityBuffer buffer;
  buffer.copy(1, CUPTI_ACTIVITY_MEMCPY_KIND_HTOD, 1, 2);
  buffer.copy(2, CUPTI_ACTIVITY_MEMCPY_KIND_DTOD, 2, 3);
  buffer.copy(3, CUPTI_ACTIVITY_MEMCPY_KIND_PTOP, 3, 4);
  CHECK(batch_of(buffer, 0).names ==
        std::vector<std::string>{"copy host to device", "copy on device", "copy"});
}

TEST_CASE("one call may launch several kernels, and a kernel may be reported before its call") {
  ActivityBuffer buffer;
  buffer.kernel(5, "late", 10, 20);
  buffer.kernel(5, "later", 20, 30);
  buffer.kernel(6, "other", 30, 40);
  buffer.call(6, 1);
  buffer.call(5, 0);
  buffer.kernel(5, "last", 40, 50);
  const KernelBatch batch = batch_of(buffer, 2);
  CHECK(batch.names == std::vector<std::string>{"other", "late", "later", "last"});
  CHECK(operations_of(batch) == std::vector<std::int64_t>{1, 0, 0, 0});
}

TEST_CASE("a run without a call of ours belongs to no operation") {
  ActivityBuffer buffer;
  buffer.call(5, 0, CUPTI_EXTERNAL_CORRELATION_KIND_OPENACC);
  buffer.kernel(5, "foreign", 10, 20);
  buffer.copy(6, CUPTI_ACTIVITY_MEMCPY_KIND_HTOD, 20, 30);
  const KernelBatch batch = batch_of(buffer, 1);
  CHECK(operations_of(batch) == std::vector<std::int64_t>{-1, -1});
  CHECK(batch.names == std::vector<std::string>{"foreign", "copy host to device"});
}

TEST_CASE("an operation that has not begun is one of another timer, and no one's") {
  ActivityBuffer buffer;
  buffer.call(5, 1);
  buffer.call(6, ~std::uint64_t{0});
  buffer.kernel(5, "a", 10, 20);
  buffer.kernel(6, "a", 20, 30);
  CHECK(operations_of(batch_of(buffer, 1)) == std::vector<std::int64_t>{-1, -1});
}

TEST_CASE("runs whose times were not collected, or end before they start, count as dropped") {
  ActivityBuffer buffer;
  buffer.call(1, 0);
  buffer.kernel(1, "untimed", 0, 0);
  buffer.kernel(1, "backwards", 20, 10);
  buffer.kernel(1, "timed", 20, 20);
  const KernelBatch batch = batch_of(buffer, 1);
  CHECK(batch.dropped == 2);
  REQUIRE(batch.runs.size() == 1);
  CHECK(batch.runs[0].duration_ns == 0);
}

TEST_CASE("of calls and runs that wait for each other, the latest are kept") {
  ActivityBuffer buffer;
  for (std::uint32_t i = 1; i <= 4; ++i) buffer.call(i, 0);
  buffer.kernel(1, "call forgotten", 10, 20);
  buffer.kernel(4, "call known", 20, 30);
  for (std::uint32_t i = 11; i <= 13; ++i) buffer.kernel(i, "waits", 10 * i, 10 * i + 5);
  buffer.call(11, 0);
  buffer.call(13, 0);
  // Three runs wait at most: the first two have been given up when the last one comes.
  const KernelBatch batch = batch_of(buffer, 1, 3);
  CHECK(batch.runs.size() == 5);
  std::int64_t outside = 0;
  for (const std::int64_t operation : operations_of(batch)) outside += operation == -1 ? 1 : 0;
  CHECK(outside == 2);
  CHECK(batch.runs[0].operation == 0);  // "call known" needs no waiting
}

TEST_CASE("names of functions lose return types and parameters, and keep templates") {
  using tracer::function_name;
  CHECK(function_name("_Z4gemvILi4EEvPKf") == "gemv<4>");
  CHECK(function_name("_ZN9pagequest3ops4cuda4normEPKfPfi") == "pagequest::ops::cuda::norm");
  CHECK(function_name("_ZN12_GLOBAL__N_16kernelIfEEvPT_") ==
        "(anonymous namespace)::kernel<float>");
  CHECK(function_name("_Z5applyIPFviEEvT_") == "apply<void (*)(int)>");
  CHECK(function_name("nvjet_tst_128x256_64x4") == "nvjet_tst_128x256_64x4");
  CHECK(function_name("") == "");
  CHECK(function_name(nullptr) == "?");
}
