// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "engine/runtime/engine.h"

namespace pagequest::runtime {

/// Throws usage_error unless temperature >= 0 and 0 < top_p <= 1.
void check_sampling(const Sampling& sampling);

/// The token for `position`, given the logits of the position before it. Greedy takes the lowest id
/// among equals. Otherwise draws from softmax(logits / temperature) cut to its nucleus: the most
/// probable tokens (ties: lowest id first) whose probabilities first sum to top_p or more (Holtzman
/// et al., arXiv 1904.09751, section 3.1).
[[nodiscard]] std::int32_t sample(std::span<const float> logits, const Sampling& sampling,
                                  std::int32_t position);

}  // namespace pagequest::runtime
