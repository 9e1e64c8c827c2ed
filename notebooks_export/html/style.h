// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace pagequest::notebooks_export {

/// The page's style sheet: light and dark scheme, print, narrow screens. Series colours are those
/// of M. Okabe and K. Ito, "Color universal design" (2008), which colour-blind readers tell apart,
/// darkened or lightened for contrast with the background.
[[nodiscard]] std::string_view style_sheet();

}  // namespace pagequest::notebooks_export
