// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/machine/gpu_spec.h"
#include "simulator/machine/model_spec.h"

namespace pagequest::simulator {

/// Built-in GPUs and served models (machine/catalog/*.json, compiled in), sorted by name.
[[nodiscard]] std::vector<GpuSpec> catalog_gpus();
[[nodiscard]] std::vector<ModelSpec> catalog_models();

/// By name; throws usage_error that lists the valid names.
[[nodiscard]] GpuSpec catalog_gpu(std::string_view name);
[[nodiscard]] ModelSpec catalog_model(std::string_view name);

/// From a user's file in the catalog's format; a model also from a Hugging Face config.json as it
/// is (told by its `model_type`, see hf_config.h). Throws input_error: a file that can't be read,
/// isn't JSON, lacks a key, has an unknown one, or a value of the wrong type or out of range.
[[nodiscard]] GpuSpec load_gpu(const std::filesystem::path& file);
[[nodiscard]] ModelSpec load_model(const std::filesystem::path& file);

/// The same, of a text; `where` names it in messages.
[[nodiscard]] GpuSpec parse_gpu(std::string_view json, const std::string& where);
[[nodiscard]] ModelSpec parse_model(std::string_view json, const std::string& where);

/// Throws input_error on figures that contradict each other.
void check_consistent(const ModelSpec& model, const std::string& where);

}  // namespace pagequest::simulator
