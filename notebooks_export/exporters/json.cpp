// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/atomic_file.h"
#include "notebooks_export/exporters/factories.h"
#include "notebooks_export/report_json.h"

namespace pagequest::notebooks_export {

Paths write_json(const Report& report, const std::filesystem::path& target) {
  write_file(target, to_json(report, 1) + "\n");
  return {target};
}

}  // namespace pagequest::notebooks_export
