// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/model/unicode.h"

namespace pagequest::model {

/// Kind of a code point assigned after Unicode 15.0, which is what the library on Debian 12 knows;
/// CharKind::other for the rest. Up to Unicode 16.0.
[[nodiscard]] CharKind added_char_kind(char32_t code_point);

}  // namespace pagequest::model
