// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace CLI {
class App;
}

namespace pagequest::cli {

/// One setting of a command: the flag, its help, the key of a configuration file and the entry of
/// the resolved configuration all come from this one definition.
struct Option {
  std::string name;  // "aux-interval": flag --aux-interval, key aux_interval
  std::string help;  // with the unit
  std::variant<bool*, std::int32_t*, std::int64_t*, std::uint64_t*, float*, double*, std::string*,
               std::map<std::string, std::string>*>
      value;
};

/// Adds a flag for each option; maps take repeated NAME=VALUE. Also adds --config FILE, a strict
/// JSON object of option keys: an unknown key or a wrong type is a usage error. A flag wins over
/// the file.
void add_options(CLI::App& command, const std::vector<Option>& options);

/// "NAME=VALUE" as a pair; throws usage_error.
[[nodiscard]] std::pair<std::string, std::string> parse_pair(const std::string& text);

/// The resolved configuration as a JSON text with sorted keys.
[[nodiscard]] std::string resolved_json(const std::vector<Option>& options);

}  // namespace pagequest::cli
