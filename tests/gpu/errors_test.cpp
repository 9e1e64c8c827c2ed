// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/errors.h"

#include <catch2/catch.hpp>

#include "engine/ops/cuda/namespace.h"

namespace pagequest::gpu_test {
namespace {

namespace gpu = ops::PQ_CUDA_NS;
using Catch::Contains;

std::string message(gpu::CudaFailure failure) {
  const Error error = gpu::cuda_error({.failure = failure,
                                       .call = "cudaSomething",
                                       .name = "cudaErrorSome",
                                       .text = "some error",
                                       .compute_capability = 75,
                                       .built_for = "80, 90"});
  CHECK(error.kind() == ErrorKind::device);
  return error.what();
}

TEST_CASE("A failed call of CUDA is named, with what the driver says", "[gpu]") {
  using enum gpu::CudaFailure;
  for (const auto failure : {no_driver, no_device, no_memory, kernel, other}) {
    CHECK_THAT(message(failure),
               Contains("cudaSomething") && Contains("cudaErrorSome: some error"));
  }
}

TEST_CASE("Without a GPU or its driver the processor is proposed", "[gpu]") {
  using enum gpu::CudaFailure;
  CHECK_THAT(message(no_driver), Contains("no NVIDIA driver") && Contains("--device cpu"));
  CHECK_THAT(message(no_device), Contains("no GPU") && Contains("--device cpu"));
}

TEST_CASE("A GPU without code is told which ones have some", "[gpu]") {
  CHECK_THAT(message(gpu::CudaFailure::no_code),
             Contains("compute capability 7.5") && Contains("architectures 80, 90") &&
                 Contains("-DCMAKE_CUDA_ARCHITECTURES=75") && Contains("cudaErrorSome"));
}

TEST_CASE("A full device says what was asked for and what is free", "[gpu]") {
  const std::int64_t mebi = 1 << 20;
  CHECK_THAT(gpu::out_of_memory_error("memory of the GPU", 3 * mebi, 1000, 2 * mebi).what(),
             Contains("not enough memory of the GPU") && Contains("1000 bytes free of 2 MiB") &&
                 Contains("3 MiB (3145728 bytes)"));
}

}  // namespace
}  // namespace pagequest::gpu_test
