// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/device_memory.h"

#include <string>

#include "base/error.h"

namespace pagequest::runtime::PQ_CUDA_NS {
namespace {

/// For logits, captured attention, graphs and what the driver takes.
constexpr std::int64_t kSpareBytes = std::int64_t{512} << 20;

std::string in_bytes(std::int64_t bytes) { return std::to_string(bytes) + " bytes"; }

std::string hint_for(const MemoryNeeds& needs, std::int64_t bytes_for_pages) {
  const std::int64_t pages = bytes_for_pages / needs.page_bytes;
  if (pages < 1)
    return "the weights alone are too large: try --weights int8 or fp8, or --device cpu";
  return "--pool-bytes " + std::to_string(pages * needs.page_bytes) + " fits";
}

}  // namespace

void check_memory(const MemoryNeeds& needs, const gpu::DeviceInfo& device) {
  const std::int64_t fixed = needs.weights + needs.activations + kSpareBytes;
  const std::int64_t pool = needs.pages * needs.page_bytes;
  const std::int64_t missing = fixed + pool - device.free_bytes;
  if (missing <= 0) return;
  throw device_error(
      {.what = "the GPU's memory does not hold the weights and the KV pages: " + in_bytes(missing) +
               " are missing",
       .where = device.name,
       .found = in_bytes(device.free_bytes) + " free of " + in_bytes(device.memory_bytes),
       .expected = in_bytes(needs.weights) + " for weights, " + in_bytes(pool) + " for " +
                   std::to_string(needs.pages) + " pages, " +
                   in_bytes(needs.activations + kSpareBytes) + " for activations and transfers",
       .hint = hint_for(needs, device.free_bytes - fixed)});
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
