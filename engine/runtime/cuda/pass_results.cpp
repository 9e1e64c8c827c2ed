// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/pass_results.h"

#include <algorithm>
#include <cstddef>

namespace pagequest::runtime::PQ_CUDA_NS {

void PassResults::download(const PassPlan& plan, const DeviceWorkspace& work,
                           const gpu::Stream& stream) {
  const std::int64_t rows = plan.kept_rows();
  if (rows > 0) {
    reserve(tokens_, rows * 4);
    stream.to_host(tokens_.data(), work.tokens(), rows * 4);
  }
  if (rows > 0 && plan.logits) {
    const DeviceRows logits = work.logits();
    logits_stride_ = logits.stride;
    reserve(logits_, rows * logits.stride * 4);
    stream.to_host(logits_.data(), logits.data, rows * logits.stride * 4);
  }
  arrived_.record(stream);
}

void PassResults::finish(const PassPlan& plan) const {
  arrived_.wait();
  for (std::size_t row = 0; row < plan.outputs.size(); ++row) {
    const ForwardChunk* chunk = plan.outputs[row];
    if (chunk == nullptr) continue;
    if (chunk->next_token != nullptr) *chunk->next_token = tokens_.as<std::int32_t>()[row];
    if (chunk->logits == nullptr) continue;
    const float* logits = logits_.as<float>() + static_cast<std::int64_t>(row) * logits_stride_;
    std::copy_n(logits, vocabulary_, chunk->logits);
  }
}

std::int64_t PassResults::bytes(const PassPlan& plan, std::int32_t vocabulary) {
  return std::int64_t{plan.kept_rows()} * 4 * (plan.logits ? vocabulary + 1 : 1);
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
