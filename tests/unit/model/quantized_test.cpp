// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Matrices whose tensors are stored in fewer bits.
#include <algorithm>
#include <cmath>

#include "tests/support/e4m3.h"
#include "tests/unit/model/family_checkpoints.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;

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

/// The stored code (row, column), times `scale`.
float scaled_value(const StoredTensor& tensor, std::int64_t row, std::int64_t column, float scale) {
  const char code = tensor.bytes[static_cast<std::size_t>(row * tensor.shape[1] + column)];
  return static_cast<float>(testing::e4m3_value(static_cast<std::uint8_t>(code)) * scale);
}

/// The same, rounded to bf16's 8 bits of precision.
float rounded_value(const StoredTensor& tensor, std::int64_t row, std::int64_t column,
                    float scale) {
  const float value = scaled_value(tensor, row, column, scale);
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

constexpr const char* kOutput = "model.layers.0.self_attn.o_proj.weight";

TEST_CASE("F8_E4M3 beside bf16 parts is multiplied by the scale of its block and rounded to bf16") {
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
            rounded_value(tensors.at(kQuery), row, column, scale));
    }
  }
}

TEST_CASE("F8_E4M3 alone is kept as fp8, under the scales of its blocks of 128 x 128 elements") {
  const auto storage = GENERATE(WeightStorage::as_stored, WeightStorage::fp8);
  Tensors tensors = wide_tensors();
  tensors[kOutput] = fp8({kWide, 256});
  tensors[std::string(kOutput) + "_scale_inv"] = f32({2, 2}, {0.5F, 3.0F, 0.07F, 7.0F});
  const Model model = load_model(wide_config(), tensors, {.storage = storage});
  const ops::PackedMatrix& matrix = model.weights().layers[0].attention_output.matrix;
  REQUIRE(matrix.type() == ops::WeightType::fp8);
  for (std::int64_t row = 0; row < kWide; ++row) {
    const std::vector<float> got = row_of(matrix, row);
    for (std::int64_t column = 0; column < 256; ++column) {
      const float scale = row < 128 ? (column < 128 ? 0.5F : 3.0F) : (column < 128 ? 0.07F : 7.0F);
      REQUIRE(got[static_cast<std::size_t>(column)] ==
              scaled_value(tensors.at(kOutput), row, column, scale));
    }
  }
}

TEST_CASE("F8_E4M3 may have one scale, or one for each row") {
  Tensors tensors = wide_tensors();
  tensors[kOutput] = fp8({kWide, 256});
  std::vector<float> scales(kWide);
  for (std::size_t row = 0; row < scales.size(); ++row) scales[row] = static_cast<float>(row + 1);
  const bool single = GENERATE(true, false);
  const bool column = GENERATE(true, false);
  const std::int64_t count = single ? 1 : kWide;
  scales.resize(static_cast<std::size_t>(count));
  tensors[std::string(kOutput) + "_scale"] =
      f32(column ? std::vector<std::int64_t>{count, 1} : std::vector<std::int64_t>{count}, scales);
  const Model model = load_model(wide_config(), tensors);
  const std::vector<float> got = row_of(model.weights().layers[0].attention_output.matrix, 150);
  for (const std::int64_t at : {5, 200}) {
    CHECK(got[static_cast<std::size_t>(at)] ==
          scaled_value(tensors.at(kOutput), 150, at, single ? 1.0F : 151.0F));
  }
}

TEST_CASE("Parts in F8_E4M3 become one fp8 matrix, each with its own scales") {
  Tensors tensors = wide_tensors();
  const std::string attention = "model.layers.0.self_attn.";
  const std::vector<std::pair<std::string, float>> parts = {
      {"q_proj.weight", 2.0F}, {"k_proj.weight", 3.0F}, {"v_proj.weight", 5.0F}};
  for (const auto& [name, scale] : parts) {
    tensors[attention + name] = fp8(tensors.at(attention + name).shape);
    tensors[attention + name + "_scale"] = f32({1}, {scale});
  }
  const Model model = load_model(wide_config(), tensors);
  const ops::PackedMatrix& matrix = model.weights().layers[0].query_key_value.matrix;
  REQUIRE(matrix.type() == ops::WeightType::fp8);
  CHECK(row_of(matrix, 255)[7] == scaled_value(tensors.at(attention + "q_proj.weight"), 255, 7, 2));
  CHECK(row_of(matrix, 256)[7] == scaled_value(tensors.at(attention + "k_proj.weight"), 0, 7, 3));
  CHECK(row_of(matrix, 271)[7] == scaled_value(tensors.at(attention + "v_proj.weight"), 7, 7, 5));
}

TEST_CASE("A NaN in F8_E4M3 that is kept, or a product beyond f32, is reported with its element") {
  Tensors tensors = wide_tensors();
  const std::int64_t index = 130 * 256 + 17;
  tensors[kOutput] = {"F8_E4M3", {kWide, 256}, std::string(kWide * 256, '\x31')};
  const auto [code, scale] = GENERATE(
      table<char, float>({{'\x7f', 1.0F}, {'\xff', 1.0F}, {'\x7e', 1e36F}, {'\xfe', 1e36F}}));
  tensors[kOutput].bytes[static_cast<std::size_t>(index)] = code;
  tensors[std::string(kOutput) + "_scale"] = f32({1}, {scale});
  CHECK_THAT(input_error_of([&] { return load_model(wide_config(), tensors); }),
             Contains(kOutput) && Contains("element " + std::to_string(index)));
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
  const auto storage = GENERATE(WeightStorage::as_stored, WeightStorage::int8, WeightStorage::fp8);
  Tensors tensors = wide_tensors();
  to_bf16(tensors);
  const std::int64_t index = 130 * kWide + 17;
  const auto verdict = [&] {
    CHECK_THAT(
        input_error_of([&] { return load_model(wide_config(), tensors, {.storage = storage}); }),
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

}  // namespace
}  // namespace pagequest::model::test
