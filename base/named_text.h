// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace pagequest {

/// A registered name with parameters, as typed: "name" or "name:key=value,key=value". A value may
/// hold ':' and '='.
struct NamedText {
  std::string name;
  std::map<std::string, std::string> given;
};

/// `what` names the thing for messages ("cache policy"). Throws usage_error if a parameter has no
/// '=' or comes twice.
[[nodiscard]] NamedText parse_named_text(const std::string& what, const std::string& text);

}  // namespace pagequest
