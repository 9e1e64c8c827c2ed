// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace pagequest::simulator {

/// Settings of one simulated run by name, as typed.
using SweepSettings = std::map<std::string, std::string>;

/// Checks settings, fills in all defaults and writes every value in one way, so that two texts of
/// one configuration become equal. Throws usage_error.
using ResolveSettings = std::function<SweepSettings(const SweepSettings&)>;

/// 32 hexadecimal digits that name a resolved configuration: equal settings give equal ids in any
/// sweep, process and version. Not for security.
[[nodiscard]] std::string point_id(const SweepSettings& resolved);

}  // namespace pagequest::simulator
