// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace pagequest::model {

class ConfigReader;

/// What is left of a config.json after a family has read it: fields that are known not to change
/// what the engine computes are dropped, the others returned. Throws input_error about one whose
/// name looks like part of the computation.
[[nodiscard]] std::vector<std::string> check_unread_fields(const ConfigReader& reader);

}  // namespace pagequest::model
