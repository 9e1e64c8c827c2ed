// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Matrices that are stored or kept in fewer bits.
#include <algorithm>
#include <cmath>

#include "engine/model/elements.h"
#include "tests/unit/model/family_checkpoints.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("Each F8_E4M3 code has the value of the format's definition") {
  // arXiv 2209.05433, table 1: bias 7, subnormals, no infinities, NaN where all other bits are
  // ones.
  for (unsigned code = 0; code < 256; ++code) {
    CAPTURE(code);
    const float value = from_float8_e4m3(static_cast<std::uint8_t>(code));
    const unsigned exponent = code >> 3U & 15U;
    const double fraction = (code & 7U) / 8.0;
    if ((code & 127U) == 127U) {
      CHECK(std::isnan(value));
      continue;
    }
    const double magnitude =
        exponent == 0 ? fraction * std::exp2(-6) : (1.0 + fraction) * std::exp2(exponent - 7.0);
    CHECK(std::fabs(value) == magnitude);
    CHECK(std::signbit(value) == (code >= 128U));
  }
}

// One layer; the first projection has 256 rows, so that there are two blocks of rows and, with a
// hidden size of 160, two of columns, the last one short.
constexpr std::int64_t kWide = 160;
constexpr const char* kQuery = "model.layers.0.self_attn.q_proj.weight";

json wide_config() {
  json config = small_config();
  config["hidden_size"] = kWide;
  config["num_attention_heads"] = 32;
  return config;
}

Tensors wide_tensors() {
  const std::string layer = "model.layers.0.";
  return {{"model.embed_tokens.weight", constant({5, kWide}, 0.5F)},
          {"model.norm.weight", constant({kWide}, 1.0F)},
          {layer + "input_layernorm.weight", constant({kWide}, 1.0F)},
          {layer + "post_attention_layernorm.weight", constant({kWide}, 1.0F)},
          {kQuery, constant({256, kWide}, 0.1F)},
          {layer + "self_attn.k_proj.weight", constant({8, kWide}, 0.2F)},
          {layer + "self_attn.v_proj.weight", constant({8, kWide}, 0.3F)},
          {layer + "self_attn.o_proj.weight", constant({kWide, 256}, 0.4F)},
          {layer + "mlp.gate_proj.weight", constant({6, kWide}, 0.5F)},
          {layer + "mlp.up_proj.weight", constant({6, kWide}, 0.6F)},
          {layer + "mlp.down_proj.weight", constant({kWide, 6}, 0.7F)}};
}

/// Codes 1, 2, ... of both signs, without NaN.
StoredTensor fp8(const std::vector<std::int64_t>& shape) {
  StoredTensor tensor{"F8_E4M3", shape, {}};
  for (std::int64_t i = 0; i < shape[0] * shape[1]; ++i) {
    tensor.bytes += static_cast<char>(i % 2 == 0 ? i % 127 : 128 + i % 127);
  }
  return tensor;
}

/// The stored code (row, column), times `scale`, rounded to bf16's 8 bits of precision.
float expected_value(const StoredTensor& tensor, std::int64_t row, std::int64_t column,
                     float scale) {
  const char code = tensor.bytes[static_cast<std::size_t>(row * tensor.shape[1] + column)];
  const float value = from_float8_e4m3(static_cast<std::uint8_t>(code)) * scale;
  if (value == 0.0F) return 0.0F;
  const int exponent = std::ilogb(value) - 7;
  return static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(value, -exponent)), exponent));
}

/// All other projections in bf16, so that the matrix is not kept as f32.
void to_bf16(Tensors& tensors) {
  for (auto& [name, tensor] : tensors) {
    if (tensor.dtype != "F32" || name.find("_proj") == std::string::npos) continue;
    std::string halves;
    for (std::size_t at = 0; at < tensor.bytes.size(); at += 4)
      halves += tensor.bytes.substr(at + 2, 2);
    tensor = {"BF16", tensor.shape, halves};
  }
}

TEST_CASE("F8_E4M3 is multiplied by the scale of its block of 128 x 128 elements") {
  Tensors tensors = wide_tensors();
  to_bf16(tensors);
  tensors[kQuery] = fp8({256, kWide});
  tensors[std::string(kQuery) + "_scale_inv"] = f32({2, 2}, {0.5F, 3.0F, 0.0625F, 7.0F});
  const Model model = load_model(wide_config(), tensors);
  const ops::PackedMatrix& matrix = model.weights().layers[0].query_key_value.matrix;
  CHECK(matrix.type() == ops::WeightType::bf16);
  for (const std::int64_t row : {0, 127, 128, 255}) {
    const std::vector<float> got = row_of(matrix, row);
    for (const std::int64_t column : {0, 1, 127, 128, 159}) {
      const float scale =
          row < 128 ? (column < 128 ? 0.5F : 3.0F) : (column < 128 ? 0.0625F : 7.0F);
      CAPTURE(row, column);
      CHECK(got[static_cast<std::size_t>(column)] ==
            expected_value(tensors.at(kQuery), row, column, scale));
    }
  }
}

TEST_CASE("F8_E4M3 may have one scale, or one for each row") {
  Tensors tensors = wide_tensors();
  to_bf16(tensors);
  tensors[kQuery] = fp8({256, kWide});
  std::vector<float> scales(256);
  for (std::size_t row = 0; row < scales.size(); ++row) scales[row] = static_cast<float>(row + 1);
  const bool single = GENERATE(true, false);
  const bool column = GENERATE(true, false);
  const std::int64_t count = single ? 1 : 256;
  scales.resize(static_cast<std::size_t>(count));
  tensors[std::string(kQuery) + "_scale"] =
      f32(column ? std::vector<std::int64_t>{count, 1} : std::vector<std::int64_t>{count}, scales);
  const Model model = load_model(wide_config(), tensors);
  const std::vector<float> got = row_of(model.weights().layers[0].query_key_value.matrix, 200);
  CHECK(got[5] == expected_value(tensors.at(kQuery), 200, 5, single ? 1.0F : 201.0F));
}

TEST_CASE("F8_E4M3 with a scale that is absent, of another shape or not finite is refused") {
  Tensors tensors = wide_tensors();
  tensors[kQuery] = fp8({256, kWide});
  const std::string inverse = std::string(kQuery) + "_scale_inv";
  const auto verdict = [&] {
    CHECK_THAT(input_error_of([&] { return load_model(wide_config(), tensors); }),
               Contains(inverse));
  };
  SECTION("absent") { verdict(); }
  SECTION("another shape") {
    tensors[inverse] = constant({2, 3}, 1.0F);
    verdict();
  }
  SECTION("not finite") {
    tensors[inverse] = f32({2, 2}, {1.0F, NAN, 1.0F, 1.0F});
    verdict();
  }
}

TEST_CASE("F8_E4M3 is refused where no scale can be, and so is an integer dtype") {
  Tensors tensors = small_tensors();
  const std::string dtype = GENERATE("F8_E4M3", "I8");
  tensors["model.norm.weight"] = {dtype, {4}, "1234"};
  CHECK_THAT(input_error_of([&] { return load_model(small_config(), tensors); }),
             Contains("model.norm.weight") && Contains(dtype));
}

/// Stores a NaN as element `index`.
void spoil(StoredTensor& tensor, std::int64_t index, const std::string& nan) {
  tensor.bytes.replace(static_cast<std::size_t>(index) * nan.size(), nan.size(), nan);
}

TEST_CASE("A NaN in a matrix of any type is reported with its tensor and element") {
  const bool int8 = GENERATE(false, true);
  Tensors tensors = wide_tensors();
  to_bf16(tensors);
  const std::int64_t index = 130 * kWide + 17;
  const auto verdict = [&] {
    CHECK_THAT(input_error_of([&] { return load_model(wide_config(), tensors, {.int8 = int8}); }),
               Contains(kQuery) && Contains("element " + std::to_string(index)));
  };
  SECTION("BF16") {
    spoil(tensors[kQuery], index, "\xc0\x7f");
    verdict();
  }
  SECTION("F16") {
    tensors[kQuery].dtype = "F16";
    spoil(tensors[kQuery], index, std::string("\x00\x7c", 2));
    verdict();
  }
  SECTION("F32") {
    tensors[kQuery] = constant({256, kWide}, 0.1F);
    spoil(tensors[kQuery], index, std::string("\x00\x00\xc0\xff", 4));
    verdict();
  }
  SECTION("F8_E4M3") {
    tensors[kQuery] = fp8({256, kWide});
    tensors[std::string(kQuery) + "_scale"] = f32({1}, {1.0F});
    spoil(tensors[kQuery], index, "\x7f");
    verdict();
  }
}

TEST_CASE("The stored dtype decides how a matrix is kept") {
  const auto [dtype, expected] =
      GENERATE(table<std::string, ops::WeightType>({{"F32", ops::WeightType::f32},
                                                    {"BF16", ops::WeightType::bf16},
                                                    {"F16", ops::WeightType::f32}}));
  Tensors tensors = wide_tensors();
  if (dtype != "F32") to_bf16(tensors);
  if (dtype == "F16") {
    for (auto& [name, tensor] : tensors) {
      if (tensor.dtype == "BF16") tensor.dtype = "F16";
    }
  }
  const Model model = load_model(wide_config(), tensors);
  CHECK(model.weights().layers[0].query_key_value.matrix.type() == expected);
  CHECK(model.weights().layers[0].dense.down.matrix.type() == expected);
}

TEST_CASE("int8 rounds what a step reads as a whole to half a scale, and has another hash") {
  float next = -40.0F;
  json config = family_config("LlamaForCausalLM", "llama");
  Tensors tensors = attention_tensors(next, {});
  add_gated(tensors, "model.layers.0.mlp.", next);
  add_gated(tensors, "model.layers.1.mlp.", next);
  const Model plain = load_model(config, tensors);
  const Model model = load_model(config, tensors, {.int8 = true});
  CHECK(model.weights().embedding.type() == ops::WeightType::f32);
  CHECK(model.weights().logits().type() == ops::WeightType::int8);
  CHECK(model.weights().layers[1].dense.down.matrix.type() == ops::WeightType::int8);
  for (std::int64_t row = 0; row < 5; ++row) {
    const std::vector<float> exact = row_of(plain.weights().logits(), row);
    const std::vector<float> rounded = row_of(model.weights().logits(), row);
    float largest = 0.0F;
    for (const float x : exact) largest = std::max(largest, std::fabs(x));
    for (std::size_t k = 0; k < exact.size(); ++k) {
      CHECK(std::fabs(rounded[k] - exact[k]) <= largest / 127.0F * 0.5001F);
    }
  }
  CHECK(model.weights_hash() != plain.weights_hash());
}

TEST_CASE("int8 covers an embedding that is also the output layer, but no router") {
  CHECK(load_model(small_config(), small_tensors(), {.int8 = true}).weights().embedding.type() ==
        ops::WeightType::int8);
  float next = 1.0F;
  Tensors tensors = attention_tensors(next, {"qk_norm"});
  json config = family_config("Qwen3MoeForCausalLM", "qwen3_moe");
  config.update(
      {{"num_experts", 1}, {"num_experts_per_tok", 1}, {"moe_intermediate_size", kInner}});
  for (const std::string layer : {"model.layers.0.", "model.layers.1."}) {
    tensors[layer + "mlp.gate.weight"] = counted({1, kHidden}, next);
    add_gated(tensors, layer + "mlp.experts.0.", next);
  }
  const Model model = load_model(config, tensors, {.int8 = true});
  CHECK(model.weights().layers[0].router.matrix.type() == ops::WeightType::f32);
  CHECK(model.weights().layers[0].experts[0].down.matrix.type() == ops::WeightType::int8);
}

}  // namespace
}  // namespace pagequest::model::test
