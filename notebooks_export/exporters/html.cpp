// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/atomic_file.h"
#include "notebooks_export/exporters/factories.h"
#include "notebooks_export/html/page.h"

namespace pagequest::notebooks_export {

Paths write_html(const Report& report, const std::filesystem::path& target) {
  write_file(target, html_page(report));
  return {target};
}

}  // namespace pagequest::notebooks_export
