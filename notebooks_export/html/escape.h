// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace pagequest::notebooks_export {

/// Text for HTML and SVG content and for attributes in double quotes.
[[nodiscard]] std::string escaped(std::string_view text);

/// Bytes as standard base64 (RFC 4648), for data links.
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace pagequest::notebooks_export
