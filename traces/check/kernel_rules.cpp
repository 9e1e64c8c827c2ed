// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/check/kernel_rules.h"

#include <string>

namespace pagequest::traces {

KernelChecker::KernelChecker(const Header& header, Findings& findings)
    : layers_(header.layers), findings_(findings) {}

void KernelChecker::on(const KernelBatch& part) {
  if (part.dropped < 0) findings_.add("kernels", "less than no runs were lost");
  for (const Operation& operation : part.operations) check(operation);
  for (const KernelRun& run : part.runs) check(run);
}

void KernelChecker::check(const Operation& operation) {
  const std::string which = "operation " + std::to_string(operations_++) + ": ";
  if (operation.iteration < iteration_) {
    findings_.add("operations", which + "the iteration goes back");
  }
  iteration_ = operation.iteration;
  if (operation.layer < -1 || operation.layer >= layers_) {
    findings_.add("operations",
                  which + "the model has no layer " + std::to_string(operation.layer));
  }
  if (operation.bytes < 0 || operation.flops < 0) {
    findings_.add("operations", which + "it needs less than nothing");
  }
}

void KernelChecker::check(const KernelRun& run) {
  const std::int64_t number = runs_++;
  if (run.duration_ns >= 0) return;
  findings_.add("kernels", "run " + std::to_string(number) + " ends before it starts");
}

}  // namespace pagequest::traces
