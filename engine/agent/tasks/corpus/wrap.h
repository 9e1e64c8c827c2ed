// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pagequest::agent {

/// The lines of a text, those of more than `width` characters wrapped as Python's textwrap.wrap
/// does it with replace_whitespace=False and drop_whitespace=False: tabs become spaces, lines break
/// at white space, behind hyphens within words and around dashes, long words anywhere; no character
/// is lost. Letters outside ASCII are told by their Unicode block.
[[nodiscard]] std::vector<std::string> wrap_lines(std::string_view text, int width = 80);

}  // namespace pagequest::agent
