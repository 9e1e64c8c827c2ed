// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/backend.h"

#include "base/check.h"
#include "base/error.h"
#include "engine/runtime/cpu_backend.h"
#if defined(PQ_HAVE_CUDA)
#include "engine/ops/cuda/device.h"
#include "engine/runtime/cuda/backend.h"
#endif

namespace pagequest::runtime {

namespace {

#if defined(PQ_HAVE_CUDA)

void require_gpu() { (void)ops::cuda::device_info(); }

const BackendMaker& gpu_backend_maker() { return cuda::backend_maker(); }

#else

[[noreturn]] void require_gpu() {
  throw usage_error({.what = "device `cuda` is not built in",
                     .where = {},
                     .found = "a build that was configured without CUDA",
                     .expected = "one with it",
                     .hint = "use `--device cpu`"});
}

[[noreturn]] const BackendMaker& gpu_backend_maker() { require_gpu(); }

#endif

bool has_gpu() {
  try {
    require_gpu();
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Device resolve(Device device) {
  if (device != Device::automatic) return device;
  return has_gpu() ? Device::cuda : Device::cpu;
}

void require(Device device) {
  if (device == Device::cuda) require_gpu();
}

const BackendMaker& backend_maker(Device device) {
  PQ_CHECK(device != Device::automatic, "the device is resolved");
  return device == Device::cuda ? gpu_backend_maker() : cpu_backend_maker();
}

}  // namespace pagequest::runtime
