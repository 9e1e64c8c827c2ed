// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// Python sources of the notebook's cells that do not depend on the report. They need h5py, numpy
/// and matplotlib, and read traces as docs/format.md describes them.
namespace pagequest::notebooks_export {

[[nodiscard]] std::string_view python_imports();
/// Defines columns(), rows_of() and checks each trace's format and version.
[[nodiscard]] std::string_view python_reader();
[[nodiscard]] std::string_view python_accuracy();
[[nodiscard]] std::string_view python_live_tokens();
[[nodiscard]] std::string_view python_stack_distance();
/// Defines draw(title) for the charts of the embedded report.
[[nodiscard]] std::string_view python_draw();

}  // namespace pagequest::notebooks_export
