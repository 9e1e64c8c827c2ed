// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include <cupti.h>

#include "tracer/kernel_log.h"

namespace pagequest::tracer {

/// Of the correlation records that are ours: other libraries may push ids of other kinds.
inline constexpr CUpti_ExternalCorrelationKind kIdKind = CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0;

/// "gemv<4>" of "_Z4gemvILi4EEvPKf": a function's name without its return type and parameters. What
/// is not mangled stays as it is.
[[nodiscard]] std::string function_name(const char* mangled);

/// Turns CUPTI's activity records into runs of operations. A correlation record says to which
/// operation a call of CUDA belongs, a kernel's record which call launched it; either may come
/// first. Memory is bounded: of calls and of runs that wait for the other, the latest are kept.
class CuptiRecords {
 public:
  /// `log` must outlive the object. `most`: calls, and runs, that wait.
  explicit CuptiRecords(KernelLog& log, std::size_t most = std::size_t{1} << 18U);

  /// External ids are numbers of the log's operations. Kinds that are of no interest are ignored; a
  /// run that has no times counts as dropped.
  void take(const CUpti_Activity& record);
  /// Runs that still wait belong to no operation.
  void finish();

 private:
  struct Waiting {
    std::string name;
    traces::KernelRun run;
  };
  void correlate(const CUpti_ActivityExternalCorrelation& record);
  template <class Record>
  void add(const Record& record, std::string name);
  void wait(std::uint32_t correlation, Waiting waiting);
  void release(std::uint32_t correlation, std::int64_t operation);
  [[nodiscard]] const std::string& name_of(const char* mangled);

  KernelLog& log_;
  std::size_t most_;
  std::unordered_map<std::uint32_t, std::int64_t> operation_of_;  // by correlation id
  std::deque<std::uint32_t> calls_;                               // its keys, oldest first
  std::unordered_map<std::uint32_t, std::vector<Waiting>> waiting_;
  std::deque<std::uint32_t> waiting_calls_;  // its keys, oldest first; some are done
  std::unordered_map<std::string, std::string> names_;
};

}  // namespace pagequest::tracer
