// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>

#include "engine/model/model.h"

namespace pagequest::test {

/// A checkpoint with its weights in f32, whatever they are stored as: the engine then rounds to f32
/// only, and can be held against double precision. `change` may alter the weights.
[[nodiscard]] model::Model load_in_f32(const std::filesystem::path& folder,
                                       const std::function<void(model::Weights&)>& change = {});

}  // namespace pagequest::test
