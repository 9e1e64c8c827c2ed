// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/kv/eviction_controller.h"
#include "simulator/workload/session.h"
#include "traces/reader.h"

namespace pagequest::simulator {

/// Every whole episode of a recorded trace as a session, as project() has it, but with what
/// `policy` drops in place of what the recorded one did: PolicyReplay decides on the recorded
/// events. Budgets are in recorded tokens. What the result is worth (Validity: first-order,
/// off-policy) is in the label; the program goes on as recorded whatever was dropped. Recorded
/// auxiliary threads stay only under a policy that they command.
///
/// Throws usage_error as replay_policy does, and for a policy that auxiliary threads command on a
/// trace without any.
[[nodiscard]] Workload project_under_policy(const traces::Reader& trace,
                                            const kv::PolicySpec& policy, std::int32_t token_scale);

}  // namespace pagequest::simulator
