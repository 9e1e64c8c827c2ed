// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/kv/eviction_controller.h"
#include "tests/reference/policies/reference_case.h"

namespace pagequest::testing {

/// What the policy drops of the case's tokens, with pages of one token: each step's attention is
/// that over the tokens which a head still holds. The prompt's last `prompt_rows` rows are
/// captured; 0: all.
[[nodiscard]] Dropped played(const ReferenceCase& reference, const kv::PolicySpec& spec,
                             std::int32_t prompt_rows = 0);

}  // namespace pagequest::testing
