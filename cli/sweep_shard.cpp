// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/sweep_shard.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "base/error.h"

namespace pagequest::cli {
namespace {

std::size_t variable(const char* name, const std::string& shard) {
  const char* value = std::getenv(name);
  const std::string_view text = value == nullptr ? "" : value;
  std::size_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status == std::errc{} && end == text.data() + text.size()) return number;
  throw usage_error({.what = "--shard " + shard + " needs a variable of the scheduler",
                     .where = name,
                     .found = value == nullptr ? "none" : "`" + std::string(text) + "`",
                     .expected = "a whole number",
                     .hint = "outside of such a job give --shard INDEX/COUNT"});
}

simulator::Shard checked(std::size_t index, const std::string& count) {
  return simulator::parse_shard(std::to_string(index) + "/" + count);
}

simulator::Shard slurm_shard() {
  const auto get = [](const char* name) { return variable(name, "slurm"); };
  const std::size_t id = get("SLURM_ARRAY_TASK_ID");
  const std::size_t first = get("SLURM_ARRAY_TASK_MIN");
  const std::size_t last = get("SLURM_ARRAY_TASK_MAX");
  const std::size_t count = get("SLURM_ARRAY_TASK_COUNT");
  // An array with holes (--array=1,5,6) would leave points out.
  if (last < first || last - first + 1 != count) {
    throw usage_error({.what = "--shard slurm needs an array without holes",
                       .where = "SLURM_ARRAY_TASK_COUNT",
                       .found = std::to_string(count) + " tasks from " + std::to_string(first) +
                                " to " + std::to_string(last),
                       .expected = "an array as in --array=0-15",
                       .hint = {}});
  }
  return checked(id - first, std::to_string(count));
}

}  // namespace

simulator::Shard shard_of(const std::string& text) {
  constexpr std::string_view kKubernetes = "k8s/";
  if (text == "slurm") return slurm_shard();
  if (!text.starts_with(kKubernetes)) return simulator::parse_shard(text);
  return checked(variable("JOB_COMPLETION_INDEX", text), text.substr(kKubernetes.size()));
}

}  // namespace pagequest::cli
