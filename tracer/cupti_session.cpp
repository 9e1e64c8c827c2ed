// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/cupti_session.h"

#include <array>
#include <cstdlib>

#include "base/check.h"

namespace pagequest::tracer {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{4} << 20U;
constexpr std::size_t kBufferAlignment = 8;

/// Correlation records come with the records of calls, so those are needed although nobody reads
/// them; some libraries launch by the runtime and some by the driver.
constexpr std::array kKinds = {CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION,
                               CUPTI_ACTIVITY_KIND_RUNTIME,
                               CUPTI_ACTIVITY_KIND_DRIVER,
                               CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL,
                               CUPTI_ACTIVITY_KIND_MEMCPY,
                               CUPTI_ACTIVITY_KIND_MEMSET};

/// CUPTI calls back without an argument that could lead to a timer, and may do so after its end.
struct Current {
  std::mutex mutex;
  CuptiSession* session = nullptr;
};
Current& current() {
  static Current session;
  return session;
}

void CUPTIAPI give_buffer(std::uint8_t** buffer, std::size_t* bytes, std::size_t* most_records) {
  *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(kBufferAlignment, kBufferBytes));
  *bytes = *buffer == nullptr ? 0 : kBufferBytes;
  *most_records = 0;  // as many as fit
}

void CUPTIAPI take_buffer(CUcontext /*context*/, std::uint32_t stream, std::uint8_t* buffer,
                          std::size_t /*size*/, std::size_t bytes) {
  {
    const std::lock_guard lock(current().mutex);
    if (current().session != nullptr) current().session->take(buffer, bytes, stream);
  }
  std::free(buffer);
}

/// A subscriber keeps other profilers away; it asks for no callbacks.
void CUPTIAPI ignore(void* /*data*/, CUpti_CallbackDomain /*domain*/, CUpti_CallbackId /*id*/,
                     const void* /*call*/) {}

}  // namespace

CuptiSession::CuptiSession(const CuptiLibrary& library) : library_(library), records_(log()) {
  {
    const std::lock_guard lock(current().mutex);
    PQ_CHECK(current().session == nullptr, "one timer uses CUPTI at a time");
    current().session = this;
  }
  try {
    start();
  } catch (...) {
    stop();
    throw;
  }
}

CuptiSession::~CuptiSession() { stop(); }

void CuptiSession::require(std::string_view call, CUptiResult result) const {
  if (result != CUPTI_SUCCESS) throw cupti_error(library_, call, result);
}

void CuptiSession::start() {
  require("cuptiSubscribe", library_.subscribe(&subscriber_, ignore, nullptr));
  require("cuptiActivityRegisterCallbacks", library_.register_callbacks(give_buffer, take_buffer));
  for (const CUpti_ActivityKind kind : kKinds) {
    require("cuptiActivityEnable", library_.enable(kind));
    enabled_.push_back(kind);
  }
}

void CuptiSession::stop() {
  for (const CUpti_ActivityKind kind : enabled_) library_.disable(kind);
  if (!enabled_.empty()) library_.flush(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
  if (subscriber_ != nullptr) library_.unsubscribe(subscriber_);
  const std::lock_guard lock(current().mutex);
  current().session = nullptr;
}

void CuptiSession::begin(const Operation& operation) {
  library_.push_id(kIdKind, static_cast<std::uint64_t>(log().begin(operation)));
}

void CuptiSession::end() {
  std::uint64_t id = 0;
  library_.pop_id(kIdKind, &id);
}

void CuptiSession::finish() {
  // A recording is not lost because some of its times are.
  if (library_.flush(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED) != CUPTI_SUCCESS) log().drop(1);
  const std::lock_guard lock(mutex_);
  records_.finish();
}

void CuptiSession::take(std::uint8_t* buffer, std::size_t bytes, std::uint32_t stream) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    CUpti_Activity* record = nullptr;
    while (library_.next_record(buffer, bytes, &record) == CUPTI_SUCCESS) records_.take(*record);
    std::size_t dropped = 0;
    library_.dropped_records(nullptr, stream, &dropped);
    if (dropped > 0) log().drop(static_cast<std::int64_t>(dropped));
  } catch (const std::exception&) {
    log().drop(1);  // at least: no memory is left for the rest of the buffer
  }
}

}  // namespace pagequest::tracer
