// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/cupti_session.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/tracer/activity_buffer.h"

// A library that stands for libcupti: it notes what it is told and fills buffers when a test says
// so. Where libcupti itself is installed, its own reader of buffers is held against the stand-in's.

using namespace pagequest;
using pagequest::testing::ActivityBuffer;
using tracer::CuptiLibrary;
using tracer::CuptiSession;
using traces::KernelBatch;

namespace {

struct FakeCupti {
  CUpti_BuffersCallbackRequestFunc request = nullptr;
  CUpti_BuffersCallbackCompleteFunc complete = nullptr;
  std::vector<CUpti_ActivityKind> enabled;
  std::vector<std::uint64_t> ids;  // pushed and not popped
  std::vector<std::uint64_t> pushed;
  bool subscribed = false;
  int flushes = 0;
  std::size_t dropped = 0;
  ActivityBuffer at_flush;  // what a flush delivers
  CUptiResult subscribe_result = CUPTI_SUCCESS;
  CUptiResult enable_result = CUPTI_SUCCESS;
};

FakeCupti& fake() {
  static FakeCupti library;
  return library;
}

/// Delivers records as CUPTI's own thread does.
void deliver(ActivityBuffer& records) {
  std::thread([&records] {
    std::uint8_t* buffer = nullptr;
    std::size_t size = 0;
    std::size_t most = 99;
    fake().request(&buffer, &size, &most);
    REQUIRE(buffer != nullptr);
    REQUIRE(reinterpret_cast<std::uintptr_t>(buffer) % 8 == 0);
    REQUIRE(size >= records.bytes());
    REQUIRE(most == 0);
    if (records.bytes() > 0) std::memcpy(buffer, records.data(), records.bytes());
    fake().complete(nullptr, 0, buffer, size, records.bytes());
  }).join();
}

CUptiResult subscribe(CUpti_SubscriberHandle* handle, CUpti_CallbackFunc callback, void*) {
  CHECK(callback != nullptr);
  if (fake().subscribe_result != CUPTI_SUCCESS) return fake().subscribe_result;
  *handle = reinterpret_cast<CUpti_SubscriberHandle>(&fake());
  fake().subscribed = true;
  return CUPTI_SUCCESS;
}
CUptiResult unsubscribe(CUpti_SubscriberHandle) {
  fake().subscribed = false;
  return CUPTI_SUCCESS;
}
CUptiResult register_callbacks(CUpti_BuffersCallbackRequestFunc request,
                               CUpti_BuffersCallbackCompleteFunc complete) {
  fake().request = request;
  fake().complete = complete;
  return CUPTI_SUCCESS;
}
CUptiResult enable(CUpti_ActivityKind kind) {
  if (kind == CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL && fake().enable_result != CUPTI_SUCCESS) {
    return fake().enable_result;
  }
  fake().enabled.push_back(kind);
  return CUPTI_SUCCESS;
}
CUptiResult disable(CUpti_ActivityKind kind) {
  std::erase(fake().enabled, kind);
  return CUPTI_SUCCESS;
}
CUptiResult flush(std::uint32_t flag) {
  CHECK(flag == CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
  ++fake().flushes;
  deliver(fake().at_flush);
  fake().at_flush = {};
  return CUPTI_SUCCESS;
}

std::size_t size_of(CUpti_ActivityKind kind) {
  switch (kind) {
    case CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION:
      return sizeof(CUpti_ActivityExternalCorrelation);
    case CUPTI_ACTIVITY_KIND_RUNTIME:
      return sizeof(CUpti_ActivityAPI);
    case CUPTI_ACTIVITY_KIND_MEMSET:
      return sizeof(CUpti_ActivityMemset4);
#if CUPTI_API_VERSION >= 130001
    case CUPTI_ACTIVITY_KIND_MEMCPY:
      return sizeof(CUpti_ActivityMemcpy6);
    default:
      return sizeof(CUpti_ActivityKernel10);
#else
    case CUPTI_ACTIVITY_KIND_MEMCPY:
      return sizeof(CUpti_ActivityMemcpy5);
    default:
      return sizeof(CUpti_ActivityKernel9);
#endif
  }
}
CUptiResult next_record(std::uint8_t* buffer, std::size_t bytes, CUpti_Activity** record) {
  auto* next = reinterpret_cast<std::uint8_t*>(*record);
  next = next == nullptr ? buffer : next + size_of((*record)->kind);
  if (next >= buffer + bytes) return CUPTI_ERROR_MAX_LIMIT_REACHED;
  *record = reinterpret_cast<CUpti_Activity*>(next);
  return CUPTI_SUCCESS;
}
CUptiResult dropped_records(CUcontext, std::uint32_t, std::size_t* dropped) {
  *dropped = std::exchange(fake().dropped, 0);
  return CUPTI_SUCCESS;
}
CUptiResult push_id(CUpti_ExternalCorrelationKind kind, std::uint64_t id) {
  CHECK(kind == tracer::kIdKind);
  fake().ids.push_back(id);
  fake().pushed.push_back(id);
  return CUPTI_SUCCESS;
}
CUptiResult pop_id(CUpti_ExternalCorrelationKind kind, std::uint64_t* id) {
  CHECK(kind == tracer::kIdKind);
  *id = fake().ids.back();
  fake().ids.pop_back();
  return CUPTI_SUCCESS;
}
CUptiResult result_string(CUptiResult /*result*/, const char** text) {
  *text = "CUPTI_ERROR_OF_A_TEST";
  return CUPTI_SUCCESS;
}

/// A fresh library.
CuptiLibrary library() {
  fake() = {};
  return {.subscribe = subscribe,
          .unsubscribe = unsubscribe,
          .register_callbacks = register_callbacks,
          .enable = enable,
          .disable = disable,
          .flush = flush,
          .next_record = next_record,
          .dropped_records = dropped_records,
          .push_id = push_id,
          .pop_id = pop_id,
          .result_string = result_string};
}

Error refusal(const CuptiLibrary& cupti) {
  try {
    const CuptiSession session(cupti);
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error("CUPTI was not refused");
}

}  // namespace

TEST_CASE("a timer asks for kernels, copies, fills and the calls that they belong to") {
  {
    const CuptiSession session(library());
    for (const auto kind : {CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, CUPTI_ACTIVITY_KIND_MEMCPY,
                            CUPTI_ACTIVITY_KIND_MEMSET, CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION}) {
      CHECK(std::count(fake().enabled.begin(), fake().enabled.end(), kind) == 1);
    }
    CHECK(fake().subscribed);
    CHECK(session.clock() == "cupti");
    CHECK_FALSE(session.wants_device_times());
  }
  CHECK(fake().enabled.empty());
  CHECK_FALSE(fake().subscribed);
}

TEST_CASE("operations push their numbers around what they launch") {
  CuptiSession session(library());
  session.begin({.kind = OperationKind::norm});
  CHECK(fake().ids == std::vector<std::uint64_t>{0});
  session.end();
  CHECK(fake().ids.empty());
  session.begin({.kind = OperationKind::attention});
  session.end();
  CHECK(fake().ids.empty());
  CHECK(fake().pushed == std::vector<std::uint64_t>{0, 1});
}

TEST_CASE("records arrive from CUPTI's thread, and the last ones with finish()") {
  CuptiSession session(library());
  session.begin({.layer = 0});
  session.end();
  session.begin({.layer = 1});
  session.end();
  ActivityBuffer first;
  first.call(21, 1);
  first.api(21);
  first.kernel(21, "second", 500, 600);
  deliver(first);
  CHECK(session.log().counts().runs == 1);
  fake().at_flush.kernel(20, "first", 450, 480);
  fake().at_flush.call(20, 0);
  fake().at_flush.memset(22, 700, 710);
  session.finish();
  CHECK(fake().flushes == 1);
  const KernelBatch batch = session.log().take();
  CHECK(batch.names == std::vector<std::string>{"second", "first", "fill"});
  REQUIRE(batch.runs.size() == 3);
  CHECK(batch.runs[0].operation == 1);
  CHECK(batch.runs[1].operation == 0);
  CHECK(batch.runs[2].operation == -1);
  CHECK(session.log().outside() == 1);
}

TEST_CASE("records that CUPTI had no room for are counted") {
  CuptiSession session(library());
  fake().dropped = 12;
  session.finish();
  CHECK(session.log().counts().dropped == 12);
}

TEST_CASE("a buffer that is delivered after the timer's end is given back and nothing else") {
  { const CuptiSession session(library()); }
  ActivityBuffer late;
  late.kernel(1, "late", 1, 2);
  deliver(late);
  CuptiSession next(library());
  CHECK(next.log().counts().runs == 0);
}

TEST_CASE("a refusal says why and what to do, and leaves nothing switched on") {
  struct Case {
    CUptiResult result;
    const char* what;
    const char* hint;
  };
  for (const auto& [result, what, hint] :
       {Case{CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED, "another profiler", "Nsight"},
        Case{CUPTI_ERROR_MAX_LIMIT_REACHED, "another profiler", "compute-sanitizer"},
        Case{CUPTI_ERROR_NOT_INITIALIZED, "does not start", "driver"},
        Case{CUPTI_ERROR_UNKNOWN, "does not start", "container"}}) {
    INFO(result);
    const CuptiLibrary cupti = library();
    fake().subscribe_result = result;
    const Error error = refusal(cupti);
    CHECK(error.kind() == ErrorKind::device);
    CHECK(error.info().what.find(what) != std::string::npos);
    CHECK(error.info().hint.find(hint) != std::string::npos);
    CHECK(error.info().where == "cuptiSubscribe");
    CHECK(error.info().found == "CUPTI_ERROR_OF_A_TEST (" + std::to_string(result) + ")");
    CHECK(fake().enabled.empty());
  }
}

TEST_CASE("a refusal halfway undoes what was done before it") {
  const CuptiLibrary cupti = library();
  fake().enable_result = CUPTI_ERROR_INSUFFICIENT_PRIVILEGES;
  const Error error = refusal(cupti);
  CHECK(error.info().what.find("administrators") != std::string::npos);
  CHECK(error.info().where == "cuptiActivityEnable");
  CHECK(fake().enabled.empty());
  CHECK_FALSE(fake().subscribed);
  const CuptiSession again(library());
  CHECK(fake().subscribed);
}

TEST_CASE("libcupti reads buffers as the stand-in does") {
  CuptiLibrary real;
  try {
    real = tracer::load_cupti();
  } catch (const Error& error) {
    WARN("no libcupti here: " << error.what());
    CHECK(error.kind() == ErrorKind::device);
    return;
  }
  ActivityBuffer buffer;
  for (std::uint32_t i = 1; i < 4; ++i) {
    buffer.call(i, i);
    buffer.api(i);
    buffer.kernel(i, "k", i, 2 * i);
    buffer.copy(i, CUPTI_ACTIVITY_MEMCPY_KIND_HTOD, i, 2 * i);
    buffer.memset(i, i, 2 * i);
  }
  CUpti_Activity* record = nullptr;
  std::size_t count = 0;
  while (real.next_record(buffer.data(), buffer.bytes(), &record) == CUPTI_SUCCESS) {
    REQUIRE(count < buffer.records());
    CHECK(record == &buffer[count++]);
  }
  CHECK(count == buffer.records());
}
