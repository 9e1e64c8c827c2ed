// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/cupti_library.h"

#include <array>

#include <dlfcn.h>

namespace pagequest::tracer {
namespace {

constexpr std::array<const char*, 3> kFolders = {"", "/usr/local/cuda/lib64/",
                                                 "/usr/local/cuda/extras/CUPTI/lib64/"};
constexpr std::array<const char*, 3> kNames = {"libcupti.so.13", "libcupti.so.12", "libcupti.so"};

void* open_library() {
  for (const char* folder : kFolders) {
    for (const char* name : kNames) {
      const std::string path = std::string(folder) + name;
      if (void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    }
  }
  throw device_error({.what = "CUPTI was not found",
                      .where = {},
                      .found = {},
                      .expected = "libcupti.so.13 or libcupti.so.12 where libraries are searched, "
                                  "or in /usr/local/cuda",
                      .hint = "add its folder to LD_LIBRARY_PATH"});
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function != nullptr) return;
  throw device_error({.what = "CUPTI is of another kind than expected",
                      .where = {},
                      .found = std::string("no function ") + name,
                      .expected = "CUPTI of CUDA 12 or 13",
                      .hint = {}});
}

/// A phrase about the cause, and a hint.
struct Meaning {
  const char* what;
  const char* hint;
};

Meaning meaning_of(CUptiResult result) {
  switch (result) {
    case CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED:
    case CUPTI_ERROR_MAX_LIMIT_REACHED:  // what CUPTI of CUDA 12 says to a second subscriber
      return {
          "CUPTI serves another profiler",
          "run without Nsight, cuda-gdb and compute-sanitizer, or let the GPU's events measure"};
    case CUPTI_ERROR_INSUFFICIENT_PRIVILEGES:
    case CUPTI_ERROR_VIRTUALIZED_DEVICE_INSUFFICIENT_PRIVILEGES:
      return {"the driver lets only administrators profile",
              "load the driver with NVreg_RestrictProfilingToAdminUsers=0"};
    case CUPTI_ERROR_NOT_INITIALIZED:
    case CUPTI_ERROR_UNKNOWN:
      return {"CUPTI does not start",
              "is there a driver for CUPTI's CUDA version, and does a container or virtual machine "
              "let it through?"};
    case CUPTI_ERROR_NOT_COMPATIBLE:
    case CUPTI_ERROR_NOT_SUPPORTED:
    case CUPTI_ERROR_VIRTUALIZED_DEVICE_NOT_SUPPORTED:
      return {"CUPTI does not support this GPU or the way it is shared", ""};
    default:
      return {"CUPTI refuses", ""};
  }
}

}  // namespace

CuptiLibrary load_cupti() {
  void* const library = open_library();
  CuptiLibrary cupti;
  find(library, "cuptiSubscribe", cupti.subscribe);
  find(library, "cuptiUnsubscribe", cupti.unsubscribe);
  find(library, "cuptiActivityRegisterCallbacks", cupti.register_callbacks);
  find(library, "cuptiActivityEnable", cupti.enable);
  find(library, "cuptiActivityDisable", cupti.disable);
  find(library, "cuptiActivityFlushAll", cupti.flush);
  find(library, "cuptiActivityGetNextRecord", cupti.next_record);
  find(library, "cuptiActivityGetNumDroppedRecords", cupti.dropped_records);
  find(library, "cuptiActivityPushExternalCorrelationId", cupti.push_id);
  find(library, "cuptiActivityPopExternalCorrelationId", cupti.pop_id);
  find(library, "cuptiGetResultString", cupti.result_string);
  return cupti;
}

Error cupti_error(const CuptiLibrary& library, std::string_view call, CUptiResult result) {
  const char* text = nullptr;
  if (library.result_string(result, &text) != CUPTI_SUCCESS || text == nullptr) text = "?";
  const Meaning meaning = meaning_of(result);
  return device_error({.what = meaning.what,
                       .where = std::string(call),
                       .found = std::string(text) + " (" + std::to_string(result) + ")",
                       .expected = {},
                       .hint = meaning.hint});
}

}  // namespace pagequest::tracer
