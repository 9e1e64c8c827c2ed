// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/registry.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/params.h"
#include "base/sorted_by_name.h"
#include "notebooks_export/exporters/factories.h"

namespace pagequest::notebooks_export {
namespace {

constexpr ExporterEntry kExporters[] = {
    {"csv", "A folder with one CSV file a table, and their columns' units.", "", write_csv},
    {"html", "One self-contained page with charts and tables; needs no network.", ".html",
     write_html},
    {"ipynb", "A Jupyter notebook that reads the traces and draws the same charts.", ".ipynb",
     write_ipynb},
    {"json", "Everything that the report holds, for programs.", ".json", write_json},
};

static_assert(sorted_by_name(kExporters), "exporters are listed by name, each once");

}  // namespace

std::span<const ExporterEntry> exporters() { return kExporters; }

const ExporterEntry& find_exporter(std::string_view name) {
  const auto it = std::find_if(std::begin(kExporters), std::end(kExporters),
                               [name](const ExporterEntry& entry) { return entry.name == name; });
  if (it != std::end(kExporters)) return *it;
  std::vector<std::string> valid;
  for (const auto& entry : kExporters) valid.emplace_back(entry.name);
  throw_unknown_name("exporter", name, valid);
}

const ExporterEntry& exporter_for(const std::filesystem::path& target) {
  const std::string suffix = target.extension().string();
  std::string valid;
  for (const auto& entry : kExporters) {
    if (entry.suffix == suffix) return entry;
    if (entry.suffix.empty()) continue;
    valid += valid.empty() ? "" : ", ";
    valid += entry.suffix;
  }
  throw usage_error({.what = "no exporter writes such a file",
                     .where = target.string(),
                     .found = "suffix `" + suffix + "`",
                     .expected = "one of " + valid + ", or a folder",
                     .hint = {}});
}

}  // namespace pagequest::notebooks_export
