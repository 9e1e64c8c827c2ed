// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "tracer/cupti_records.h"

namespace pagequest::testing {

/// Activity records by hand, behind one another as CUPTI writes them, of the newest kind that the
/// headers have.
class ActivityBuffer {
 public:
  /// A call of CUDA that belongs to an operation.
  void call(std::uint32_t correlation, std::uint64_t operation,
            CUpti_ExternalCorrelationKind kind = tracer::kIdKind) {
    CUpti_ActivityExternalCorrelation record{};
    record.kind = CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION;
    record.externalKind = kind;
    record.externalId = operation;
    record.correlationId = correlation;
    add(record);
  }
  void kernel(std::uint32_t correlation, const char* name, std::uint64_t start, std::uint64_t end,
              std::uint32_t stream = 7) {
#if CUPTI_API_VERSION >= 130001
    CUpti_ActivityKernel10 record{};
#else
    CUpti_ActivityKernel9 record{};
#endif
    record.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
    record.name = name;
    fill(record, correlation, start, end, stream);
  }
  void copy(std::uint32_t correlation, CUpti_ActivityMemcpyKind direction, std::uint64_t start,
            std::uint64_t end) {
#if CUPTI_API_VERSION >= 130001
    CUpti_ActivityMemcpy6 record{};
#else
    CUpti_ActivityMemcpy5 record{};
#endif
    record.kind = CUPTI_ACTIVITY_KIND_MEMCPY;
    record.copyKind = static_cast<std::uint8_t>(direction);
    fill(record, correlation, start, end, 7);
  }
  void memset(std::uint32_t correlation, std::uint64_t start, std::uint64_t end) {
    CUpti_ActivityMemset4 record{};
    record.kind = CUPTI_ACTIVITY_KIND_MEMSET;
    fill(record, correlation, start, end, 7);
  }
  /// A record of a kind that is of no interest.
  void api(std::uint32_t correlation) {
    CUpti_ActivityAPI record{};
    record.kind = CUPTI_ACTIVITY_KIND_RUNTIME;
    record.correlationId = correlation;
    add(record);
  }

  [[nodiscard]] std::size_t bytes() const { return 8 * words_.size(); }
  [[nodiscard]] std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(words_.data()); }
  [[nodiscard]] std::size_t records() const { return offsets_.size(); }
  [[nodiscard]] const CUpti_Activity& operator[](std::size_t index) const {
    return *reinterpret_cast<const CUpti_Activity*>(words_.data() + offsets_[index]);
  }

 private:
  template <class Record>
  void fill(Record& record, std::uint32_t correlation, std::uint64_t start, std::uint64_t end,
            std::uint32_t stream) {
    record.correlationId = correlation;
    record.start = start;
    record.end = end;
    record.streamId = stream;
    add(record);
  }
  template <class Record>
  void add(const Record& record) {
    static_assert(sizeof record % 8 == 0, "records are aligned to 8 bytes");
    offsets_.push_back(words_.size());
    std::array<std::uint64_t, sizeof record / 8> words{};
    std::memcpy(words.data(), &record, sizeof record);
    words_.insert(words_.end(), words.begin(), words.end());
  }

  std::vector<std::uint64_t> words_;
  std::vector<std::size_t> offsets_;  // of the records, words
};

}  // namespace pagequest::testing
