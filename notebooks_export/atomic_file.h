// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace pagequest::notebooks_export {

/// Writes a whole file under a temporary name beside it, to the disk, and renames it, so that a
/// reader sees the old file or the new one, never a part, also after a crash. A symbolic link stays
/// and its target is replaced. Throws output_error if the folder is missing, not writable or full,
/// or if something else than a regular file is there (base/output_path.h); what is there is
/// untouched then.
void write_file(const std::filesystem::path& path, std::string_view content);

/// Creates the folder and its parents. Throws output_error if that fails.
void make_folder(const std::filesystem::path& path);

}  // namespace pagequest::notebooks_export
