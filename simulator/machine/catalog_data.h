// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace pagequest::simulator {

/// A file of machine/catalog as text; the build writes the definitions (catalog_data.cpp).
struct CatalogFile {
  std::string_view name;
  std::string_view json;
};

[[nodiscard]] std::span<const CatalogFile> catalog_gpu_files();
[[nodiscard]] std::span<const CatalogFile> catalog_model_files();

}  // namespace pagequest::simulator
