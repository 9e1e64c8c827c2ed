// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "engine/model/model.h"

namespace pagequest::cli {

/// Of an option that names how weights are kept.
inline constexpr const char* kWeightsHelp =
    "large matrices: stored, as the checkpoint has them, or rounded to int8, fp8 or bf16 on "
    "loading";

/// Loads a checkpoint and says on stderr what of it was not used. `weights`: how its matrices are
/// kept, a name that model::weight_storage_named() knows.
[[nodiscard]] model::Model load_model(const std::string& folder, std::string_view weights);

}  // namespace pagequest::cli
