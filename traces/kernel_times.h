// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/operation.h"

namespace pagequest::traces {

/// Work that a device did in one go: a kernel, a copy, a fill; on the processor a whole operation.
struct KernelRun {
  std::int64_t operation = -1;   // number of the operation that it belongs to; -1: none
  std::int32_t name = 0;         // number of its name
  std::int32_t stream = -1;      // runs of one stream are in order; -1: not known
  std::int64_t start_ns = 0;     // from an origin that is the same for the whole recording
  std::int64_t duration_ns = 0;  // on a GPU kernels of a stream may overlap
  bool operator==(const KernelRun&) const = default;
};

/// A part of a recording's kernel times. Names and operations are numbered from 0 through all parts
/// in order; a run refers to those of its own part and of the parts before.
struct KernelBatch {
  std::vector<std::string> names;
  std::vector<Operation> operations;  // in the order in which they began
  std::vector<KernelRun> runs;
  std::int64_t dropped = 0;  // runs that were lost
};

/// How much of it a trace has.
struct KernelCounts {
  std::int64_t names = 0;
  std::int64_t operations = 0;
  std::int64_t runs = 0;
  std::int64_t dropped = 0;
  bool operator==(const KernelCounts&) const = default;
};

/// Takes a recording's kernel times, part by part.
class KernelTimesSink {
 public:
  virtual ~KernelTimesSink() = default;
  virtual void on(const KernelBatch& part) = 0;
};

}  // namespace pagequest::traces
