// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/operation.h"
#include "engine/ops/cuda/range.h"
#include "engine/runtime/cuda/gpu.h"
#include "engine/runtime/operation_costs.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// Tells an engine's observer, if there is one, what belongs to which operation, and how long the
/// GPU took for it by events of the stream. A pass's times can be read while the next pass runs.
class PassObserver {
 public:
  /// `observer` may be null; then nothing costs anything.
  explicit PassObserver(OperationObserver* observer, const gpu::Stream& stream);

  [[nodiscard]] bool active() const { return observer_ != nullptr; }

  /// What follows belongs to pass number `pass`; passes count up by one. `costs` must stay until
  /// the pass's last operation.
  void begin_pass(std::int64_t pass, std::int64_t iteration, Phase phase,
                  const OperationCosts& costs, const gpu::Stream& stream);
  /// Rows that the operations which follow work on.
  void set_rows(std::int64_t rows) { rows_ = rows; }

  /// Runs `work`, which puts one operation into the stream. `moved_bytes`: of copies and transfers.
  template <class Work>
  void run(OperationKind kind, std::int32_t layer, const gpu::Stream& stream, const Work& work,
           std::int64_t moved_bytes = 0) {
    if (observer_ == nullptr) return work();
    begin(operation(kind, layer, moved_bytes), stream);
    const gpu::Range range(to_string(kind).data());  // a literal
    work();
    end(stream);
  }

  /// Reports the times of a pass whose work is done.
  void report(std::int64_t pass);

 private:
  struct Timed {
    Operation operation;
    gpu::Event begin{true};
    gpu::Event end{true};
  };
  struct PassTimes {
    std::vector<Timed> operations;  // reused: the first `count`
    std::size_t count = 0;
  };
  [[nodiscard]] Operation operation(OperationKind kind, std::int32_t layer,
                                    std::int64_t moved_bytes) const;
  void begin(const Operation& operation, const gpu::Stream& stream);
  void end(const gpu::Stream& stream);
  [[nodiscard]] PassTimes& times_of(std::int64_t pass);
  [[nodiscard]] gpu::Event& origin_of(std::int64_t pass);

  OperationObserver* observer_;
  bool times_;
  std::int64_t pass_ = -1;
  std::int64_t rows_ = 0;
  Operation of_pass_;  // iteration and phase
  const OperationCosts* costs_ = nullptr;
  std::array<PassTimes, 2> passes_;
  // An event's distance from another one is a float: long ones lose the nanoseconds, so each pass
  // is measured from the one before.
  std::vector<gpu::Event> origins_;
  std::int64_t origin_ns_ = 0;  // of the pass that was reported last
};

}  // namespace pagequest::runtime::PQ_CUDA_NS
