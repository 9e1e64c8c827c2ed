// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/cupti_records.h"

#include <cstdlib>
#include <memory>
#include <utility>

#include <cxxabi.h>

namespace pagequest::tracer {
namespace {

// The library may be of another CUDA version than the headers. What is read here lies at the same
// place in the records of CUDA 12.0, which all later headers still have, and in the newer ones,
// which are longer.
using KernelRecord = CUpti_ActivityKernel9;
using CopyRecord = CUpti_ActivityMemcpy5;
using FillRecord = CUpti_ActivityMemset4;

const char* copy_name(std::uint8_t kind) {
  switch (kind) {
    case CUPTI_ACTIVITY_MEMCPY_KIND_HTOD:
      return "copy host to device";
    case CUPTI_ACTIVITY_MEMCPY_KIND_DTOH:
      return "copy device to host";
    case CUPTI_ACTIVITY_MEMCPY_KIND_DTOD:
      return "copy on device";
    default:
      return "copy";
  }
}

/// Without the parameters in the parentheses at its end.
std::string without_parameters(const std::string& text) {
  if (text.empty() || text.back() != ')') return text;
  int depth = 0;
  for (std::size_t i = text.size(); i-- > 0;) {
    if (text[i] == ')') ++depth;
    if (text[i] == '(' && --depth == 0) return text.substr(0, i);
  }
  return text;
}

/// Behind the first space that is not inside of brackets.
std::string without_return_type(const std::string& text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '<' || c == '(') ++depth;
    if (c == '>' || c == ')') --depth;
    if (c == ' ' && depth == 0) return text.substr(i + 1);
  }
  return text;
}

}  // namespace

std::string function_name(const char* mangled) {
  if (mangled == nullptr) return "?";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
  if (status != 0 || text == nullptr) return mangled;
  return without_return_type(without_parameters(text.get()));
}

CuptiRecords::CuptiRecords(KernelLog& log, std::size_t most) : log_(log), most_(most) {}

void CuptiRecords::take(const CUpti_Activity& record) {
  const void* const data = &record;
  switch (record.kind) {
    case CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION:
      return correlate(*static_cast<const CUpti_ActivityExternalCorrelation*>(data));
    case CUPTI_ACTIVITY_KIND_KERNEL:
    case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL: {
      const auto& kernel = *static_cast<const KernelRecord*>(data);
      return add(kernel, name_of(kernel.name));
    }
    case CUPTI_ACTIVITY_KIND_MEMCPY: {
      const auto& copy = *static_cast<const CopyRecord*>(data);
      return add(copy, copy_name(copy.copyKind));
    }
    case CUPTI_ACTIVITY_KIND_MEMSET:
      return add(*static_cast<const FillRecord*>(data), "fill");
    default:
      return;
  }
}

const std::string& CuptiRecords::name_of(const char* mangled) {
  const auto [known, is_new] = names_.try_emplace(mangled == nullptr ? "" : mangled);
  if (is_new) known->second = function_name(mangled);
  return known->second;
}

void CuptiRecords::correlate(const CUpti_ActivityExternalCorrelation& record) {
  if (record.externalKind != kIdKind) return;
  const std::uint32_t correlation = record.correlationId;
  const auto operation = static_cast<std::int64_t>(record.externalId);
  // Of a timer before this one.
  if (operation < 0 || operation >= log_.counts().operations) return;
  if (operation_of_.insert_or_assign(correlation, operation).second) calls_.push_back(correlation);
  release(correlation, operation);
  if (calls_.size() <= most_) return;
  operation_of_.erase(calls_.front());
  calls_.pop_front();
}

template <class Record>
void CuptiRecords::add(const Record& record, std::string name) {
  if (record.start == 0 || record.end < record.start) return log_.drop(1);
  const traces::KernelRun run{.operation = -1,
                              .stream = static_cast<std::int32_t>(record.streamId),
                              .start_ns = static_cast<std::int64_t>(record.start),
                              .duration_ns = static_cast<std::int64_t>(record.end - record.start)};
  const std::uint32_t correlation = record.correlationId;
  const auto operation = operation_of_.find(correlation);
  if (operation == operation_of_.end()) return wait(correlation, {std::move(name), run});
  traces::KernelRun known = run;
  known.operation = operation->second;
  log_.add(name, known);
}

void CuptiRecords::wait(std::uint32_t correlation, Waiting waiting) {
  waiting_[correlation].push_back(std::move(waiting));
  waiting_calls_.push_back(correlation);
  if (waiting_calls_.size() <= most_) return;
  release(waiting_calls_.front(), -1);
  waiting_calls_.pop_front();
}

void CuptiRecords::release(std::uint32_t correlation, std::int64_t operation) {
  const auto waiting = waiting_.find(correlation);
  if (waiting == waiting_.end()) return;
  for (auto& [name, run] : waiting->second) {
    run.operation = operation;
    log_.add(name, run);
  }
  waiting_.erase(waiting);
}

void CuptiRecords::finish() {
  for (const std::uint32_t correlation : std::exchange(waiting_calls_, {})) {
    release(correlation, -1);
  }
}

}  // namespace pagequest::tracer
