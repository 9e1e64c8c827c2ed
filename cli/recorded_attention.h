// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "traces/header.h"

namespace pagequest::cli {

/// Whether the trace was recorded with attention, as its stored configuration says; true if that
/// says nothing of it.
[[nodiscard]] bool has_attention(const traces::Header& header);

}  // namespace pagequest::cli
