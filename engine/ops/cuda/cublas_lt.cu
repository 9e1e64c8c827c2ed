// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/cublas_lt.h"
#include "engine/ops/cuda/platform.h"

#if defined(__CUDACC__) && __has_include(<cublasLt.h>)
#define PQ_HAVE_CUBLAS_LT 1
#include <array>
#include <compare>
#include <map>
#include <string>

#include <cublasLt.h>
#include <dlfcn.h>

#include "base/error.h"
#endif

namespace pagequest::ops::PQ_CUDA_NS {

#if defined(PQ_HAVE_CUBLAS_LT)
namespace {

constexpr std::int64_t kWorkspaceBytes = std::int64_t{32} << 20U;  // NVIDIA's advice for Hopper
constexpr std::uint32_t kAlignment = 16;                           // of rows, in bytes

/// Largest power of two, at most kAlignment, that all rows begin at multiples of.
std::uint32_t alignment_of(const float* rows, std::int64_t stride) {
  const std::uintptr_t bits = reinterpret_cast<std::uintptr_t>(rows) |
                              static_cast<std::uintptr_t>(stride) * sizeof(float) | kAlignment;
  return static_cast<std::uint32_t>(bits & (~bits + 1));
}

/// The library's functions; it stays loaded as long as the object lives.
class Library {
 public:
  Library() {
    // Of the header's version: its structures and the runtime's driver. It is never unloaded, since
    // graphs hold its kernels.
    const std::string name = "libcublasLt.so." + std::to_string(CUBLAS_VER_MAJOR);
    library_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library_ == nullptr) return;
    const bool complete = find(create, "cublasLtCreate") && find(destroy, "cublasLtDestroy") &&
                          find(matmul, "cublasLtMatmul") &&
                          find(heuristic, "cublasLtMatmulAlgoGetHeuristic") &&
                          find(init_desc, "cublasLtMatmulDescInit_internal") &&
                          find(set_desc, "cublasLtMatmulDescSetAttribute") &&
                          find(init_layout, "cublasLtMatrixLayoutInit_internal") &&
                          find(init_preference, "cublasLtMatmulPreferenceInit_internal") &&
                          find(set_preference, "cublasLtMatmulPreferenceSetAttribute");
    if (!complete) close();
  }
  ~Library() { close(); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  [[nodiscard]] bool loaded() const { return library_ != nullptr; }

  decltype(&cublasLtCreate) create = nullptr;
  decltype(&cublasLtDestroy) destroy = nullptr;
  decltype(&cublasLtMatmul) matmul = nullptr;
  decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic = nullptr;
  decltype(&cublasLtMatmulDescInit_internal) init_desc = nullptr;
  decltype(&cublasLtMatmulDescSetAttribute) set_desc = nullptr;
  decltype(&cublasLtMatrixLayoutInit_internal) init_layout = nullptr;
  decltype(&cublasLtMatmulPreferenceInit_internal) init_preference = nullptr;
  decltype(&cublasLtMatmulPreferenceSetAttribute) set_preference = nullptr;

 private:
  template <class Function>
  bool find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(library_, name));
    return function != nullptr;
  }
  void close() {
    if (library_ != nullptr) dlclose(library_);
    library_ = nullptr;
  }

  void* library_ = nullptr;
};

void check_library(cublasStatus_t status, const char* call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw device_error({.what = "cuBLASLt failed",
                      .where = call,
                      .found = "status " + std::to_string(static_cast<int>(status)),
                      .expected = {},
                      .hint = "hide libcublasLt from the loader to do without it"});
}

struct Shape {
  std::int64_t outputs;
  std::int64_t inputs;
  std::int64_t rows;
  std::int64_t weight_stride;
  std::int64_t x_stride;
  std::int64_t y_stride;
  std::uint32_t y_alignment;
  auto operator<=>(const Shape&) const = default;
};

/// The library counts columns first, so that its matrices are ours transposed: y^T, which is
/// (outputs, rows), is weights, transposed, times x^T.
struct Plan {
  cublasLtMatrixLayoutOpaque_t weights;
  cublasLtMatrixLayoutOpaque_t x;
  cublasLtMatrixLayoutOpaque_t y;
  cublasLtMatmulAlgo_t algorithm;
  bool found = false;
};

}  // namespace

bool has_cublas_lt() { return Library().loaded(); }

struct CublasLt::Impl {
  Library library;
  cublasLtHandle_t handle = nullptr;
  DeviceBuffer workspace;
  cublasLtMatmulDescOpaque_t description{};
  std::map<Shape, Plan> plans;

  Impl() {
    if (!library.loaded()) return;
    if (library.create(&handle) !=
        CUBLAS_STATUS_SUCCESS) {  // such as one that the driver is too old for
      handle = nullptr;
      return;
    }
    workspace = DeviceBuffer(kWorkspaceBytes);
    check_library(
        library.init_desc(&description, sizeof(description), CUBLAS_COMPUTE_32F, CUDA_R_32F),
        "cublasLtMatmulDescInit");
    const cublasOperation_t transposed = CUBLAS_OP_T;
    check_library(library.set_desc(&description, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                   sizeof(transposed)),
                  "cublasLtMatmulDescSetAttribute");
  }
  ~Impl() {
    if (handle != nullptr) library.destroy(handle);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void lay_out(cublasLtMatrixLayoutOpaque_t& layout, cudaDataType type, std::int64_t height,
               std::int64_t width, std::int64_t stride) const {
    check_library(
        library.init_layout(&layout, sizeof(layout), type, static_cast<std::uint64_t>(height),
                            static_cast<std::uint64_t>(width), stride),
        "cublasLtMatrixLayoutInit");
  }
  template <class Value>
  void prefer(cublasLtMatmulPreferenceOpaque_t& preference,
              cublasLtMatmulPreferenceAttributes_t attribute, Value value) const {
    check_library(library.set_preference(&preference, attribute, &value, sizeof(value)),
                  "cublasLtMatmulPreferenceSetAttribute");
  }
  [[nodiscard]] Plan make_plan(const Shape& shape) {
    Plan plan{};
    lay_out(plan.weights, CUDA_R_16BF, shape.inputs, shape.outputs, shape.weight_stride);
    lay_out(plan.x, CUDA_R_16BF, shape.inputs, shape.rows, shape.x_stride);
    lay_out(plan.y, CUDA_R_32F, shape.outputs, shape.rows, shape.y_stride);
    cublasLtMatmulPreferenceOpaque_t preference{};
    check_library(library.init_preference(&preference, sizeof(preference)),
                  "cublasLtMatmulPreferenceInit");
    prefer(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
           static_cast<std::uint64_t>(kWorkspaceBytes));
    for (const auto attribute :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES}) {
      prefer(preference, attribute, kAlignment);
    }
    for (const auto attribute :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES}) {
      prefer(preference, attribute, shape.y_alignment);
    }
    cublasLtMatmulHeuristicResult_t result{};
    int found = 0;
    const cublasStatus_t status =
        library.heuristic(handle, &description, &plan.weights, &plan.x, &plan.y, &plan.y,
                          &preference, 1, &result, &found);
    plan.found = status == CUBLAS_STATUS_SUCCESS && found > 0;
    plan.algorithm = result.algo;
    return plan;
  }
};

CublasLt::CublasLt() : impl_(std::make_unique<Impl>()) {}

bool CublasLt::multiply(const LibraryProduct& product, const Stream& stream) {
  Impl& impl = *impl_;
  if (impl.handle == nullptr) return false;
  const Shape shape{product.outputs,
                    product.inputs,
                    product.rows,
                    product.weight_stride,
                    product.x_stride,
                    product.y_stride,
                    alignment_of(product.y, product.y_stride)};
  auto at = impl.plans.find(shape);
  if (at == impl.plans.end()) at = impl.plans.emplace(shape, impl.make_plan(shape)).first;
  Plan& plan = at->second;
  if (!plan.found) return false;
  const float one = 1.0F;
  const float beta = product.accumulate ? 1.0F : 0.0F;
  check_library(impl.library.matmul(impl.handle, &impl.description, &one, product.weights,
                                    &plan.weights, product.x, &plan.x, &beta, product.y, &plan.y,
                                    product.y, &plan.y, &plan.algorithm, impl.workspace.data(),
                                    static_cast<std::size_t>(kWorkspaceBytes),
                                    static_cast<cudaStream_t>(stream.handle())),
                "cublasLtMatmul");
  return true;
}

#else

bool has_cublas_lt() { return false; }

struct CublasLt::Impl {};

CublasLt::CublasLt() = default;

bool CublasLt::multiply(const LibraryProduct& /*product*/, const Stream& /*stream*/) {
  return false;
}

#endif

CublasLt::~CublasLt() = default;
CublasLt::CublasLt(CublasLt&&) noexcept = default;
CublasLt& CublasLt::operator=(CublasLt&&) noexcept = default;

}  // namespace pagequest::ops::PQ_CUDA_NS
