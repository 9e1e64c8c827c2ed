// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/runtime/engine.h"

namespace pagequest::runtime {

/// The configuration with threads filled in. Throws usage_error that names an impossible value.
[[nodiscard]] EngineConfig resolve(EngineConfig config);

}  // namespace pagequest::runtime
