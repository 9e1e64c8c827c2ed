// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "analyzer/registry.h"
#include "base/joined.h"
#include "base/params.h"
#include "base/result_table.h"
#include "cli/command.h"
#include "cli/output.h"
#include "engine/agent/tasks/task.h"
#include "engine/kv/policies/registry.h"
#include "notebooks_export/registry.h"
#include "simulator/cache/block_cache.h"
#include "simulator/cost/engine_overheads.h"
#include "simulator/machine/catalog.h"
#include "simulator/tiers/parse_tier.h"
#include "simulator/tiers/prefetch.h"
#include "traces/import/importer.h"

namespace pagequest::cli {
namespace {

std::string params_text(std::span<const ParamSpec> specs) {
  std::vector<std::string> items;
  for (const auto& spec : specs) {
    items.push_back(std::string(spec.name) + "=" + to_text(spec.default_value));
  }
  return joined(items);
}

ResultTable list_policies() {
  ResultTable table(
      "policies", "KV-cache policies of `record --policy`.",
      {{"name", ""}, {"unit", ""}, {"sharing", ""}, {"parameters", ""}, {"description", ""}});
  for (const auto& entry : kv::policies()) {
    table.add({std::string(entry.name),
               std::string(entry.unit == kv::Unit::page ? "page" : "message"),
               std::string(to_string(kv::needs_of({.name = std::string(entry.name)}).sharing)),
               params_text(kv::params_of(entry)), std::string(entry.description)});
  }
  table.add({std::string("hindsight"), std::string("message"), std::string("all"), std::string(),
             std::string("Oracle of the evaluation harness: deletes what the task's expert will "
                         "not use again.")});
  return table;
}

ResultTable list_tasks() {
  ResultTable table("tasks", "Agent tasks of `record --task`.",
                    {{"name", ""}, {"settings", ""}, {"needs", ""}, {"description", ""}});
  for (const auto& task : agent::tasks()) {
    const std::vector<std::string> settings(task.settings.begin(), task.settings.end());
    std::vector<std::string> files;
    for (const auto name : task.files) files.push_back("--" + std::string(name));
    table.add(
        {std::string(task.name), joined(settings), joined(files), std::string(task.description)});
  }
  return table;
}

ResultTable list_analyses() {
  ResultTable table("analyses", "Analyses of `analyze --analysis`.",
                    {{"name", ""}, {"parameters", ""}, {"description", ""}});
  for (const auto& entry : analyzer::analyses()) {
    table.add(
        {std::string(entry.name), params_text(entry.params()), std::string(entry.description)});
  }
  return table;
}

ResultTable list_exporters() {
  ResultTable table("exporters", "Formats of `analyze --format` and `report`.",
                    {{"name", ""}, {"description", ""}});
  for (const auto& entry : notebooks_export::exporters()) {
    table.add({std::string(entry.name), std::string(entry.description)});
  }
  return table;
}

ResultTable list_formats() {
  ResultTable table("formats", "Request traces of other tools that `info` reads.",
                    {{"name", ""}, {"description", ""}});
  for (const auto& entry : traces::importers()) {
    table.add({std::string(entry.name), std::string(entry.description)});
  }
  return table;
}

ResultTable list_machines() {
  ResultTable table("machines", "GPUs of `simulate --machine`.",
                    {{"name", ""},
                     {"memory", "GB"},
                     {"bandwidth", "GB/s"},
                     {"bf16", "TFLOP/s, dense"},
                     {"fp8", "TFLOP/s, dense"},
                     {"description", ""}});
  for (const auto& gpu : simulator::catalog_gpus()) {
    table.add({gpu.name, gpu.hbm_bytes.value / 1e9, gpu.hbm_bytes_per_s.value / 1e9,
               gpu.bf16_flops.value / 1e12, gpu.fp8_flops.value / 1e12, gpu.description});
  }
  return table;
}

ResultTable list_models() {
  ResultTable table("models", "Served models of `simulate --serve`.",
                    {{"name", ""},
                     {"weights", "GB"},
                     {"kv", "KiB/token"},
                     {"layers", ""},
                     {"active", "weights, 1e9"},
                     {"description", ""}});
  for (const auto& model : simulator::catalog_models()) {
    table.add({model.name, model.weight_bytes() / 1e9, model.kv_bytes_per_token() / 1024,
               std::int64_t{model.layers}, model.active_weights() / 1e9, model.description});
  }
  return table;
}

ResultTable list_caches() {
  ResultTable table("caches", "Eviction policies of `simulate --prefix-cache` and of tiers.",
                    {{"name", ""}, {"parameters", ""}, {"description", ""}});
  for (const auto& entry : simulator::cache_policies()) {
    table.add(
        {std::string(entry.name), params_text(entry.parameters), std::string(entry.description)});
  }
  return table;
}

ResultTable list_engines() {
  ResultTable table("engines", "Serving engines of `simulate --engine`.",
                    {{"name", ""}, {"description", ""}, {"source", ""}});
  for (const auto& entry : simulator::engine_overheads()) {
    table.add({std::string(entry.name), std::string(entry.description), std::string(entry.source)});
  }
  return table;
}

ResultTable list_prefetch() {
  ResultTable table("prefetch", "What `simulate --prefetch` brings up from the tiers.",
                    {{"name", ""}, {"parameters", ""}, {"description", ""}});
  for (const auto& entry : simulator::prefetch_policies()) {
    table.add(
        {std::string(entry.name), params_text(entry.parameters), std::string(entry.description)});
  }
  return table;
}

ResultTable list_tiers() {
  ResultTable table("tiers", "Memories below the HBM, of `simulate --tiers`.",
                    {{"name", ""},
                     {"capacity", "GB"},
                     {"read", "GB/s"},
                     {"write", "GB/s"},
                     {"latency", "us"},
                     {"shared", ""},
                     {"description", ""}});
  for (const auto& tier : simulator::tier_presets()) {
    table.add({std::string(tier.name), tier.capacity_bytes / 1e9, tier.read_bytes_per_s / 1e9,
               tier.write_bytes_per_s / 1e9, 1e6 * tier.latency_s,
               std::string(tier.shared ? "by all replicas" : "no"), std::string(tier.description)});
  }
  return table;
}

struct Listing {
  const char* name;
  ResultTable (*make)();
};

constexpr Listing kListings[] = {
    {"analyses", list_analyses},   {"caches", list_caches},     {"engines", list_engines},
    {"exporters", list_exporters}, {"formats", list_formats},   {"machines", list_machines},
    {"models", list_models},       {"policies", list_policies}, {"prefetch", list_prefetch},
    {"tasks", list_tasks},         {"tiers", list_tiers},
};

ResultTable make_listing(const std::string& name) {
  std::vector<std::string> valid;
  for (const auto& listing : kListings) {
    if (name == listing.name) return listing.make();
    valid.emplace_back(listing.name);
  }
  throw_unknown_name("listing", name, valid);
}

}  // namespace

void add_list(CLI::App& app, ExitCode& /*code*/) {
  struct Arguments {
    std::string what;
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("list", "What is built in");
  command
      ->add_option("what", arguments->what,
                   "analyses, exporters, formats, machines, models, policies, tasks")
      ->required();
  command->add_flag("--json", arguments->json, "print JSON");
  command->callback([arguments] {
    const ResultTable table = make_listing(arguments->what);
    print_tables({&table, 1}, arguments->json);
  });
}

}  // namespace pagequest::cli
