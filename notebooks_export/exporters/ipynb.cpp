// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/atomic_file.h"
#include "notebooks_export/exporters/factories.h"
#include "notebooks_export/notebook/notebook.h"

namespace pagequest::notebooks_export {

Paths write_ipynb(const Report& report, const std::filesystem::path& target) {
  write_file(target, notebook_json(report, target.parent_path()));
  return {target};
}

}  // namespace pagequest::notebooks_export
