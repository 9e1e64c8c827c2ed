// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/pass_observer.h"

namespace pagequest::runtime::PQ_CUDA_NS {
namespace {

constexpr int kOrigins = 3;  // of the pass that runs, the one that is read, and the one before

}  // namespace

PassObserver::PassObserver(OperationObserver* observer, const gpu::Stream& stream)
    : observer_(observer), times_(observer != nullptr && observer->wants_device_times()) {
  if (!times_) return;
  for (int i = 0; i < kOrigins; ++i) origins_.emplace_back(true);
  origin_of(-1).record(stream);
}

void PassObserver::begin_pass(std::int64_t pass, std::int64_t iteration, Phase phase,
                              const OperationCosts& costs, const gpu::Stream& stream) {
  if (observer_ == nullptr) return;
  pass_ = pass;
  of_pass_ = {.iteration = iteration, .phase = phase};
  costs_ = &costs;
  if (!times_) return;
  times_of(pass).count = 0;
  origin_of(pass).record(stream);
}

Operation PassObserver::operation(OperationKind kind, std::int32_t layer,
                                  std::int64_t moved_bytes) const {
  Operation operation = of_pass_;
  operation.kind = kind;
  operation.layer = layer;
  const OperationCost cost = costs_->of(kind, layer, rows_);
  operation.bytes = cost.bytes + moved_bytes;
  operation.flops = cost.flops;
  return operation;
}

void PassObserver::begin(const Operation& operation, const gpu::Stream& stream) {
  observer_->begin(operation);
  if (!times_) return;
  PassTimes& times = times_of(pass_);
  if (times.count == times.operations.size()) times.operations.emplace_back();
  Timed& timed = times.operations[times.count++];
  timed.operation = operation;
  timed.begin.record(stream);
}

void PassObserver::end(const gpu::Stream& stream) {
  if (times_) {
    PassTimes& times = times_of(pass_);
    times.operations[times.count - 1].end.record(stream);
  }
  observer_->end();
}

void PassObserver::report(std::int64_t pass) {
  if (!times_) return;
  PassTimes& times = times_of(pass);
  origin_ns_ += gpu::Event::elapsed_ns(origin_of(pass - 1), origin_of(pass));
  for (std::size_t i = 0; i < times.count; ++i) {
    const Timed& timed = times.operations[i];
    timed.end.wait();
    observer_->measured(timed.operation,
                        origin_ns_ + gpu::Event::elapsed_ns(origin_of(pass), timed.begin),
                        gpu::Event::elapsed_ns(timed.begin, timed.end));
  }
}

PassObserver::PassTimes& PassObserver::times_of(std::int64_t pass) {
  return passes_[static_cast<std::size_t>(pass % 2)];
}

gpu::Event& PassObserver::origin_of(std::int64_t pass) {
  return origins_[static_cast<std::size_t>((pass + kOrigins) % kOrigins)];
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
