// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/sweep_folder.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "base/error.h"
#include "notebooks_export/atomic_file.h"
#include "simulator/sweep/manifest.h"
#include "simulator/sweep/point_result.h"

namespace pagequest::cli {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

void SweepFolder::write_plan(const simulator::SweepPlan& plan) const {
  notebooks_export::make_folder(results());
  notebooks_export::write_file(manifest(), simulator::manifest_text(plan));
}

simulator::SweepPlan SweepFolder::read_plan() const {
  const auto text = content_of(manifest());
  if (text) return simulator::parse_manifest(*text, manifest().string());
  throw input_error({.what = "no sweep is planned there",
                     .where = path_.string(),
                     .found = "no readable manifest.jsonl",
                     .expected = "a folder that `pagequest sweep plan` made",
                     .hint = "pagequest sweep plan sweep.yaml -o " + path_.string()});
}

void SweepFolder::write_result(const std::string& id, const std::string& text) const {
  notebooks_export::write_file(results() / (id + ".json"), text);
}

simulator::PointResults SweepFolder::read_results(const simulator::SweepPlan& plan) const {
  simulator::PointResults results(plan.size());
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const auto text = content_of(this->results() / (plan.ids[i] + ".json"));
    if (text) results[i] = simulator::parse_result(*text, plan.ids[i]);
  }
  return results;
}

void SweepFolder::remove_remains() const {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(results(), ignored)) {
    const bool is_temporary = entry.path().filename().string().find(".tmp") != std::string::npos;
    if (is_temporary) fs::remove(entry.path(), ignored);
  }
}

}  // namespace pagequest::cli
