// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>
#include <vector>

#include "base/params.h"
#include "engine/model/config_reader.h"
#include "engine/model/families/family.h"

namespace pagequest::model {

#define PQ_DECLARE_FAMILY(name)                        \
  void read_##name(const ConfigReader&, ModelConfig&); \
  LayerWeights load_##name(TensorReader&, const ModelConfig&, std::int32_t layer)

PQ_DECLARE_FAMILY(gpt_oss);
PQ_DECLARE_FAMILY(llama);
PQ_DECLARE_FAMILY(mistral);
PQ_DECLARE_FAMILY(qwen2);
PQ_DECLARE_FAMILY(qwen3);
PQ_DECLARE_FAMILY(qwen3_moe);

#undef PQ_DECLARE_FAMILY

namespace {

constexpr std::array kFamilies = {
    Family{"gpt-oss", "GptOssForCausalLM", "gpt_oss", read_gpt_oss, load_gpt_oss},
    Family{"llama", "LlamaForCausalLM", "llama", read_llama, load_llama},
    Family{"mistral", "MistralForCausalLM", "mistral", read_mistral, load_mistral},
    Family{"qwen2", "Qwen2ForCausalLM", "qwen2", read_qwen2, load_qwen2},
    Family{"qwen3", "Qwen3ForCausalLM", "qwen3", read_qwen3, load_qwen3},
    Family{"qwen3-moe", "Qwen3MoeForCausalLM", "qwen3_moe", read_qwen3_moe, load_qwen3_moe},
};

constexpr bool is_sorted_and_unique() {
  for (std::size_t i = 1; i < kFamilies.size(); ++i) {
    if (kFamilies[i - 1].name >= kFamilies[i].name) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (kFamilies[i].architecture == kFamilies[j].architecture) return false;
      if (kFamilies[i].model_type == kFamilies[j].model_type) return false;
    }
  }
  return true;
}
static_assert(is_sorted_and_unique(), "families are listed by name, each once");

/// "a, b or c".
std::string listed(std::string_view Family::*member) {
  std::string text;
  for (const Family& family : kFamilies) {
    if (!text.empty()) text += &family == &kFamilies.back() ? " or " : ", ";
    text += family.*member;
  }
  return text;
}

const Family* find(std::string_view Family::*member, std::string_view value) {
  for (const Family& family : kFamilies) {
    if (family.*member == value) return &family;
  }
  return nullptr;
}

}  // namespace

std::span<const Family> families() { return kFamilies; }

const Family& find_family(const ConfigReader& reader) {
  if (!reader.has("architectures")) {
    const Family* family =
        reader.has("model_type") ? find(&Family::model_type, reader.text("model_type")) : nullptr;
    if (family != nullptr) return *family;
    throw reader.error(
        reader.has("model_type") ? "model_type" : "architectures",
        reader.has("model_type") ? listed(&Family::model_type) : listed(&Family::architecture));
  }
  const std::vector<std::string> names = reader.texts("architectures");
  const Family* family = names.size() == 1 ? find(&Family::architecture, names[0]) : nullptr;
  if (family == nullptr) {
    throw reader.error("architectures", "one of " + listed(&Family::architecture));
  }
  reader.require_text("model_type", family->model_type);
  return *family;
}

const Family& family_named(std::string_view name) {
  if (const Family* family = find(&Family::name, name)) return *family;
  std::vector<std::string> names;
  for (const Family& family : kFamilies) names.emplace_back(family.name);
  throw_unknown_name("model family", name, names);
}

}  // namespace pagequest::model
