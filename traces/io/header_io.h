// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "traces/header.h"
#include "traces/io/hdf5_file.h"

namespace pagequest::traces::io {

/// Root attributes: the format's name and version, and every field of the header; the policy's
/// parameters are attributes of the group /policy_params. Throws output_error.
void write_header(const Status& status, hid_t file, const Header& header);

/// Throws input_error on a foreign file, an unknown version (naming what was found and what is
/// expected) or a field that is missing, out of range or at odds with another. What version 1 does
/// not have gets the value that all of its recordings had.
[[nodiscard]] Header read_header(const Status& status, hid_t file);

}  // namespace pagequest::traces::io
