// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/runtime/backend.h"

namespace pagequest::bench {

/// A backend that computes nothing and samples token 0: what a step of an engine takes on it is the
/// engine's own work on the host (schedule, page tables, batch, events, policies). It captures no
/// attention and holds no keys.
[[nodiscard]] const runtime::BackendMaker& idle_backend_maker();

}  // namespace pagequest::bench
