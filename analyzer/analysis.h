// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/events.h"
#include "base/result_table.h"
#include "traces/kernel_times.h"

namespace pagequest::analyzer {

/// One question asked of a trace. An object is made from its parameters and the trace's header,
/// sees every event once, episode after episode (the events of two episodes never interleave), and
/// then gives its answer. Single-threaded; the same events give the same tables, bit for bit.
class Analysis {
 public:
  virtual ~Analysis() = default;

  /// Throws input_error on events that contradict the header.
  void observe(const Event& event) { do_observe(event); }

  /// The answer over the episodes that have ended. A double that is NaN means "not defined here"
  /// (a share of nothing, say).
  [[nodiscard]] virtual std::vector<ResultTable> results() const = 0;

  /// Whether PagesAttended events matter: reading them is most of the cost of a pass.
  [[nodiscard]] virtual bool needs_attention() const = 0;

  /// Takes the kernel times of the whole recording, once; null: they don't matter.
  [[nodiscard]] virtual traces::KernelTimesSink* kernel_times() { return nullptr; }

 private:
  virtual void do_observe(const Event& event) = 0;
};

}  // namespace pagequest::analyzer
