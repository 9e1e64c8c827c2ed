// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "engine/ops/cpu/kernels.h"

namespace pagequest::ops::test {

inline std::vector<float> random_floats(std::int64_t count, std::uint64_t seed,
                                        double scale = 1.0) {
  Rng rng(seed);
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    values.push_back(static_cast<float>((2.0 * rng.uniform() - 1.0) * scale));
  }
  return values;
}

/// The kernels of every instruction set that this machine has.
inline std::vector<const Kernels*> all_kernels() {
  std::vector<const Kernels*> all;
  for (const Isa isa : supported_isas()) all.push_back(&kernels_for(isa));
  return all;
}

}  // namespace pagequest::ops::test
