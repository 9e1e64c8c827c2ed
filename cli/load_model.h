// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/model/model.h"

namespace pagequest::cli {

/// Loads a checkpoint and says on stderr what of it was not used.
[[nodiscard]] model::Model load_model(const std::string& folder, bool int8_weights = false);

}  // namespace pagequest::cli
