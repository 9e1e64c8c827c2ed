// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <catch2/catch.hpp>

#include "simulator/workload/attention_model.h"
#include "simulator/workload/aux_thread_model.h"
#include "simulator/workload/generator/episode_params.h"
#include "tests/support/file_content.h"

using namespace pagequest;
using namespace pagequest::simulator;

namespace {

/// The row of the parameter in the page's tables.
std::string row_of(const std::string& page, const ParamSpec& spec) {
  const std::size_t at = page.find("| `" + std::string(spec.name) + "` |");
  return at == std::string::npos ? "" : page.substr(at, page.find('\n', at) - at);
}

}  // namespace

TEST_CASE("The page on workloads has every parameter, with its default and what it rests on") {
  const std::string page = testing::content_of("docs/workloads.md");
  const auto check = [&](const ParamSpec& spec) {
    const std::string row = row_of(page, spec);
    INFO(spec.name << ": " << row);
    CHECK(row.find("| " + to_text(spec.default_value) + " |") != std::string::npos);
    CHECK(row.find(spec.help) != std::string::npos);
  };
  for (const std::string& preset : episode_presets()) {
    for (const ParamSpec& spec : episode_param_specs(preset)) check(spec);
  }
  for (const ParamSpec& spec : aux_thread_param_specs()) check(spec);
  for (const ParamSpec& spec : attention_param_specs()) check(spec);
}
