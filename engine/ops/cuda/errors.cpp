// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/errors.h"

#include <utility>

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr const char* kUseCpu = "use --device cpu";

std::string number(std::int64_t bytes) {
  constexpr std::int64_t kMebi = 1024 * 1024;
  if (bytes < kMebi) return std::to_string(bytes) + " bytes";
  return std::to_string(bytes / kMebi) + " MiB (" + std::to_string(bytes) + " bytes)";
}

Error no_code(const FailedCall& failed, ErrorInfo info) {
  info.what = "the program holds no code for this GPU";
  if (failed.compute_capability > 0) {
    info.found = "compute capability " + std::to_string(failed.compute_capability / 10) + "." +
                 std::to_string(failed.compute_capability % 10) + " (" + info.found + ")";
  }
  info.expected = "one of the architectures " + failed.built_for;
  info.hint = "build with -DCMAKE_CUDA_ARCHITECTURES=" + std::to_string(failed.compute_capability) +
              ", or " + kUseCpu;
  return device_error(std::move(info));
}

}  // namespace

Error cuda_error(const FailedCall& failed) {
  ErrorInfo info;
  info.where = failed.call;
  info.found = failed.name + ": " + failed.text;
  switch (failed.failure) {
    case CudaFailure::no_driver:
      info.what = "no NVIDIA driver, or one that is too old";
      info.hint = std::string("install a driver for the CUDA toolkit of this build, or ") + kUseCpu;
      break;
    case CudaFailure::no_device:
      info.what = "no GPU that can be used";
      info.hint = std::string("look at nvidia-smi and CUDA_VISIBLE_DEVICES, or ") + kUseCpu;
      break;
    case CudaFailure::no_code:
      return no_code(failed, std::move(info));
    case CudaFailure::no_memory:
      info.what = "the GPU's memory is full";
      info.hint = std::string("use a smaller cache or model, or ") + kUseCpu;
      break;
    case CudaFailure::kernel:
      info.what = "a kernel failed on the GPU, perhaps one that an earlier call started";
      info.hint = "run again under compute-sanitizer, and report what it says";
      break;
    case CudaFailure::other:
      info.what = "a call of CUDA failed";
      break;
  }
  return device_error(std::move(info));
}

Error out_of_memory_error(const std::string& kind, std::int64_t bytes, std::int64_t free_bytes,
                          std::int64_t total_bytes) {
  return device_error({.what = "not enough " + kind,
                       .where = {},
                       .found = number(free_bytes) + " free of " + number(total_bytes),
                       .expected = number(bytes) + " in one piece",
                       .hint = std::string("use a smaller cache or model, free the GPU of other "
                                           "programs, or ") +
                               kUseCpu});
}

}  // namespace pagequest::ops::PQ_CUDA_NS
