// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/known_fields.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/model/config_reader.h"

namespace pagequest::model {
namespace {

/// Training, generation defaults, bookkeeping. Sorted.
constexpr std::array<std::string_view, 72> kIrrelevant = {
    "_attn_implementation",
    "_attn_implementation_autoset",
    "_commit_hash",
    "_name_or_path",
    "_pre_quantization_dtype",
    "add_cross_attention",
    "attn_implementation",
    "auto_map",
    "bad_words_ids",
    "begin_suppress_tokens",
    "chunk_size_feed_forward",
    "cross_attention_hidden_size",
    "decoder_start_token_id",
    "diversity_penalty",
    "do_sample",
    "dtype",
    "early_stopping",
    "encoder_no_repeat_ngram_size",
    "exponential_decay_length_penalty",
    "finetuning_task",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "id2label",
    "initial_context_length",
    "initializer_range",
    "is_decoder",
    "is_encoder_decoder",
    "label2id",
    "length_penalty",
    "max_length",
    "max_new_tokens",
    "max_window_layers",
    "min_length",
    "model_type",
    "no_repeat_ngram_size",
    "num_beam_groups",
    "num_beams",
    "num_labels",
    "num_return_sequences",
    "output_attentions",
    "output_hidden_states",
    "output_router_logits",
    "output_scores",
    "pad_token_id",
    "prefix",
    "pretraining_tp",
    "problem_type",
    "pruned_heads",
    "remove_invalid_values",
    "repetition_penalty",
    "return_dict",
    "return_dict_in_generate",
    "router_aux_loss_coef",
    "router_jitter_noise",
    "sep_token_id",
    "suppress_tokens",
    "task_specific_params",
    "temperature",
    "tf_legacy_loss",
    "tie_encoder_decoder",
    "tokenizer_class",
    "top_k",
    "top_p",
    "torch_dtype",
    "torchscript",
    "transformers_version",
    "typical_p",
    "unsloth_fixed",
    "unsloth_version",
    "use_bfloat16",
    "use_cache",
    "use_flash_attn",
};

static_assert(std::is_sorted(kIrrelevant.begin(), kIrrelevant.end()));

/// In names of fields by which other architectures change attention, norms, positions, the
/// feed-forward part or the logits.
constexpr std::array<std::string_view, 22> kComputation = {
    "act",      "alibi",  "attn",   "attention",  "bias",   "cap",          "chunk",    "clip",
    "expert",   "factor", "lora",   "multiplier", "norm",   "parallel_res", "position", "quant",
    "residual", "rope",   "rotary", "scal",       "shared", "window",
};

bool is_irrelevant(const std::string& field) {
  const bool training = field.find("dropout") != std::string::npos || field.ends_with("_pdrop");
  return training || std::binary_search(kIrrelevant.begin(), kIrrelevant.end(), field);
}

bool looks_like_computation(const std::string& field) {
  return std::any_of(kComputation.begin(), kComputation.end(),
                     [&](std::string_view part) { return field.find(part) != std::string::npos; });
}

}  // namespace

std::vector<std::string> check_unread_fields(const ConfigReader& reader) {
  std::vector<std::string> unknown;
  for (const std::string& field : reader.unread()) {
    if (is_irrelevant(field)) continue;
    if (looks_like_computation(field)) {
      throw reader.error(field, "no such field in this family",
                         "it looks like part of the computation, which the engine does not know; "
                         "without the field the model is computed as plain architecture");
    }
    unknown.push_back(field);
  }
  return unknown;
}

}  // namespace pagequest::model
