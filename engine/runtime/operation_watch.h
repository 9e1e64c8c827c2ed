// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/operation.h"
#include "engine/runtime/operation_costs.h"

namespace pagequest::runtime {

/// Tells an observer of the operations of one pass on the processor.
class OperationWatch {
 public:
  /// `observer` null: nothing is told, at no cost. Both must outlive the object.
  OperationWatch(OperationObserver* observer, const OperationCosts* costs, std::int64_t iteration)
      : observer_(observer), costs_(costs), iteration_(iteration) {}

  /// Runs `work`, one operation over `rows` rows.
  template <class Work>
  void run(OperationKind kind, std::int32_t layer, std::int64_t rows, const Work& work) const {
    if (observer_ == nullptr) return work();
    run(kind, layer, costs_->of(kind, layer, rows), work);
  }
  /// The same for one whose cost the caller knows.
  template <class Work>
  void run(OperationKind kind, std::int32_t layer, const OperationCost& cost,
           const Work& work) const {
    if (observer_ == nullptr) return work();
    observer_->begin({.iteration = iteration_,
                      .layer = layer,
                      .kind = kind,
                      .phase = costs_->phase(),
                      .bytes = cost.bytes,
                      .flops = cost.flops});
    work();
    observer_->end();
  }

 private:
  OperationObserver* observer_;
  const OperationCosts* costs_;
  std::int64_t iteration_;
};

}  // namespace pagequest::runtime
