// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/validation/served_model.h"

#include <algorithm>
#include <cctype>

#include "simulator/machine/catalog.h"

namespace pagequest::simulator {
namespace {

struct ServedModel {
  std::string_view part;       // of the checkpoint's name, lower case
  std::string_view name;       // in the catalog
  std::string_view fp8_name;   // there, in fp8; "": the weights of `name` in fp8
  std::string_view precision;  // of `name`, beside ""
};
// A longer part goes before one that it contains.
constexpr ServedModel kModels[] = {
    {"gpt-oss-120b", "gpt-oss-120b", "none", "fp4"},
    {"gpt-oss-20b", "gpt-oss-20b", "none", "fp4"},
    {"llama-3.1-70b", "llama-3.1-70b", "llama-3.1-70b-fp8", "bf16"},
    {"llama-3.1-8b", "llama-3.1-8b", "", "bf16"},
    {"qwen3-235b-a22b", "none", "qwen3-235b-a22b-fp8", "bf16"},
    {"qwen3-30b-a3b", "qwen3-30b-a3b", "", "bf16"},
    {"qwen3-32b", "qwen3-32b", "", "bf16"},
    {"qwen3-8b", "qwen3-8b", "", "bf16"},
};

struct ServedMachine {
  std::string_view system;
  std::string_view name;
};
constexpr ServedMachine kMachines[] = {
    {"a100_sxm", "a100-sxm-80gb"}, {"b200_sxm", "b200-sxm-180gb"}, {"h100_pcie", "h100-pcie-80gb"},
    {"h100_sxm", "h100-sxm-80gb"}, {"h200_sxm", "h200-sxm-141gb"}, {"mi300x", "mi300x-192gb"},
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

ModelSpec in_fp8(ModelSpec model) {
  model.name += "-fp8";
  model.bytes_per_weight = model.bytes_per_expert_weight = 1.0;
  model.compute = ComputeFormat::fp8;
  return model;
}

std::optional<ModelSpec> fp8_model(const ServedModel& entry) {
  if (entry.fp8_name == "none") return std::nullopt;
  if (entry.fp8_name.empty()) return in_fp8(catalog_model(entry.name));
  return catalog_model(entry.fp8_name);
}

}  // namespace

std::optional<ModelSpec> served_model(std::string_view checkpoint, std::string_view precision,
                                      std::string_view engine) {
  const std::string path = lower(checkpoint);
  const auto entry = std::find_if(std::begin(kModels), std::end(kModels), [&](auto& model) {
    return path.find(model.part) != std::string::npos;
  });
  if (entry == std::end(kModels)) return std::nullopt;
  const bool fp8 = precision == "fp8" || (precision.empty() && path.ends_with("fp8"));
  if (fp8) {
    auto model = fp8_model(*entry);
    if (model && engine == "trtllm") model->kv_bytes_per_value = 1.0;
    return model;
  }
  if (entry->name == "none" || (!precision.empty() && precision != entry->precision)) {
    return std::nullopt;
  }
  return catalog_model(entry->name);
}

std::optional<std::string> served_machine(std::string_view system) {
  for (const auto& machine : kMachines) {
    if (machine.system == system || machine.name == system) return std::string(machine.name);
  }
  return std::nullopt;
}

}  // namespace pagequest::simulator
