// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/model/model.h"
#include "tests/support/policy_decoding.h"

namespace pagequest::bench {

/// Decode steps of one sequence of random tokens on one thread, with capture and without a policy.
struct DecodedSteps {
  double median_s;  // of a step
  testing::CapturedMasses masses;
};

[[nodiscard]] DecodedSteps decode_steps(const model::Model& model, std::int32_t context,
                                        std::int32_t page_size);

}  // namespace pagequest::bench
