// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "engine/ops/cuda/device.h"
#include "engine/ops/cuda/platform.h"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr int kDevice = 0;

/// Stands for all kernels of the binary.
__global__ void probe_kernel() {}

/// Throws where the binary has no code for the device.
cudaFuncAttributes code_attributes() {
  cudaFuncAttributes attributes{};
  check(cudaFuncGetAttributes(&attributes, &probe_kernel), "cudaFuncGetAttributes");
  return attributes;
}

int attribute(cudaDeviceAttr which) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, which, kDevice), "cudaDeviceGetAttribute");
  return value;
}

/// 13020 is 13.2.
std::string version(int number) {
  return "CUDA " + std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

void read_memory(DeviceInfo& info) {
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  info.free_bytes = static_cast<std::int64_t>(free);
  info.memory_bytes = static_cast<std::int64_t>(total);
}

void read_attributes(DeviceInfo& info) {
  info.compute_capability = 10 * attribute(cudaDevAttrComputeCapabilityMajor) +
                            attribute(cudaDevAttrComputeCapabilityMinor);
  info.multiprocessors = attribute(cudaDevAttrMultiProcessorCount);
  info.l2_bytes = attribute(cudaDevAttrL2CacheSize);
  info.shared_bytes = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin);
  info.clock_mhz = attribute(cudaDevAttrClockRate) / 1000;
  info.memory_clock_mhz = attribute(cudaDevAttrMemoryClockRate) / 1000;
}

void read_versions(DeviceInfo& info) {
  int driver = 0;
  int runtime = 0;
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  info.driver = version(driver);
  info.runtime = version(runtime);
}

}  // namespace

/// ptxVersion is what __CUDA_ARCH__ was, also where the driver translated for a newer GPU.
bool kernels_can_overlap() {
  static const bool can = code_attributes().ptxVersion >= 90;
  return can;
}

DeviceInfo device_info() {
  int devices = 0;
  check(cudaGetDeviceCount(&devices), "cudaGetDeviceCount");
  if (devices == 0) check(cudaErrorNoDevice, "cudaGetDeviceCount");
  check(cudaSetDevice(kDevice), "cudaSetDevice");
  static_cast<void>(code_attributes());
  DeviceInfo info;
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, kDevice), "cudaGetDeviceProperties");
  info.name = properties.name;
  read_attributes(info);
  read_memory(info);
  read_versions(info);
  return info;
}

}  // namespace pagequest::ops::PQ_CUDA_NS
