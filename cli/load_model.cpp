// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/load_model.h"

#include <vector>

#include "cli/output.h"

namespace pagequest::cli {
namespace {

void note_names(const std::string& what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  std::string text = what + ":";
  for (const std::string& name : names) text += " " + name;
  note(text);
}

}  // namespace

model::Model load_model(const std::string& folder, std::string_view weights) {
  auto model = model::Model::load(folder, {.storage = model::weight_storage_named(weights)});
  note_names("config.json: unknown fields that were ignored", model.config().ignored_fields);
  note_names("tensors that the model has no use for", model.weights().unused_tensors);
  return model;
}

}  // namespace pagequest::cli
