// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pagequest::analyzer {

/// Numbers from a parameter's text such as "0.01,0.05,0.2". Throws usage_error if the text is not
/// a list of strictly ascending numbers in [least, most]; `parameter` names it in the message.
[[nodiscard]] std::vector<double> parse_ascending(std::string_view parameter,
                                                  const std::string& text, double least,
                                                  double most);

}  // namespace pagequest::analyzer
