// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/errors.h"
#include "engine/ops/cuda/platform.h"

#ifndef PQ_CUDA_ARCHITECTURES
#define PQ_CUDA_ARCHITECTURES ""
#endif

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

CudaFailure failure_of(cudaError_t code) {
  switch (code) {
    case cudaErrorInsufficientDriver:
    case cudaErrorStubLibrary:
    case cudaErrorSystemDriverMismatch:
      return CudaFailure::no_driver;
    case cudaErrorNoDevice:
    case cudaErrorInvalidDevice:
    case cudaErrorDevicesUnavailable:
    case cudaErrorInitializationError:
    case cudaErrorSystemNotReady:
    case cudaErrorCompatNotSupportedOnDevice:
      return CudaFailure::no_device;
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorInvalidDeviceFunction:
    case cudaErrorUnsupportedPtxVersion:
      return CudaFailure::no_code;
    case cudaErrorMemoryAllocation:
      return CudaFailure::no_memory;
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorIllegalInstruction:
    case cudaErrorHardwareStackError:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorLaunchFailure:
      return CudaFailure::kernel;
    default:
      return CudaFailure::other;
  }
}

/// 0 where the driver doesn't say.
int compute_capability() {
  int major = 0;
  int minor = 0;
  if (cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0) != cudaSuccess) return 0;
  if (cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, 0) != cudaSuccess) return 0;
  return 10 * major + minor;
}

}  // namespace

void check(cudaError_t code, const char* call) {
  if (code == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // which would otherwise return it again
  FailedCall failed;
  failed.failure = failure_of(code);
  failed.call = call;
  failed.name = cudaGetErrorName(code);
  failed.text = cudaGetErrorString(code);
  failed.built_for = PQ_CUDA_ARCHITECTURES;
  if (failed.failure == CudaFailure::no_code) failed.compute_capability = compute_capability();
  throw cuda_error(failed);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
