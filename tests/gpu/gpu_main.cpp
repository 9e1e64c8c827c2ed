// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#define CATCH_CONFIG_RUNNER
#include <iostream>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/ops/cuda/device.h"

/// Exits with 77, which ctest counts as skipped, where there is no GPU.
int main(int argc, char** argv) {
  constexpr int kSkipped = 77;
  try {
    const auto device = pagequest::ops::cuda::device_info();
    std::cout << "on " << device.name << ", compute capability " << device.compute_capability / 10
              << '.' << device.compute_capability % 10 << '\n';
  } catch (const pagequest::Error& error) {
    std::cout << "skipped: " << error.what() << '\n';
    return kSkipped;
  }
  return Catch::Session().run(argc, argv);
}
