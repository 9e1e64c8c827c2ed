// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "tests/unit/model/family_checkpoints.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;

json config_of(std::int64_t hidden, std::int64_t inner) {
  json config = family_config("GptOssForCausalLM", "gpt_oss");
  config.erase("rope_theta");
  config["hidden_size"] = hidden;
  config["intermediate_size"] = inner;
  config["num_hidden_layers"] = 1;
  config["num_local_experts"] = kExperts;
  config["num_experts_per_tok"] = 2;
  config["sliding_window"] = 16;
  config["rope_parameters"] = {{"rope_type", "yarn"},
                               {"rope_theta", 150000.0},
                               {"factor", 4.0},
                               {"truncate", false},
                               {"original_max_position_embeddings", 32}};
  return config;
}

/// All but the experts' matrices.
Tensors common_tensors(std::int64_t hidden, std::int64_t inner, float& next) {
  const std::string layer = "model.layers.0.";
  Tensors tensors{{"model.embed_tokens.weight", counted({5, hidden}, next)},
                  {"lm_head.weight", counted({5, hidden}, next)},
                  {"model.norm.weight", counted({hidden}, next)},
                  {layer + "input_layernorm.weight", counted({hidden}, next)},
                  {layer + "post_attention_layernorm.weight", counted({hidden}, next)},
                  {layer + "self_attn.sinks", counted({2}, next)},
                  {layer + "self_attn.o_proj.weight", counted({hidden, 16}, next)},
                  {layer + "self_attn.o_proj.bias", counted({hidden}, next)},
                  {layer + "mlp.router.weight", counted({kExperts, hidden}, next)},
                  {layer + "mlp.router.bias", counted({kExperts}, next)}};
  const std::vector<std::pair<std::string, std::int64_t>> projections{
      {"q_proj", 16}, {"k_proj", 8}, {"v_proj", 8}};
  for (const auto& [name, outputs] : projections) {
    tensors[layer + "self_attn." + name + ".weight"] = counted({outputs, hidden}, next);
    tensors[layer + "self_attn." + name + ".bias"] = counted({outputs}, next);
  }
  tensors[layer + "mlp.experts.gate_up_proj_bias"] = counted({kExperts, 2 * inner}, next);
  tensors[layer + "mlp.experts.down_proj_bias"] = counted({kExperts, hidden}, next);
  return tensors;
}

constexpr const char* kGateUp = "model.layers.0.mlp.experts.gate_up_proj";
constexpr const char* kDown = "model.layers.0.mlp.experts.down_proj";

/// Element (expert, input, output) of a tensor (experts, inputs, outputs).
float transposed(const StoredTensor& tensor, std::int64_t expert, std::int64_t output,
                 std::int64_t input) {
  const std::int64_t at = (expert * tensor.shape[1] + input) * tensor.shape[2] + output;
  return floats(tensor)[static_cast<std::size_t>(at)];
}

/// Output `row` of the packed gates and ups is this stored output.
std::int64_t interleaved(std::int64_t row, std::int64_t inner) {
  return row < inner ? 2 * row : 2 * (row - inner) + 1;
}

TEST_CASE("gpt-oss experts stored as plain floats are transposed and gates parted from ups") {
  float next = 1.0F;
  Tensors tensors = common_tensors(kHidden, kInner, next);
  tensors[kGateUp] = counted({kExperts, kHidden, 2 * kInner}, next);
  tensors[kDown] = counted({kExperts, kInner, kHidden}, next);
  const Model model = load_model(config_of(kHidden, kInner), tensors);
  const auto& experts = model.weights().layers[0].experts;
  REQUIRE(experts.size() == 3);
  for (std::int64_t expert = 0; expert < kExperts; ++expert) {
    const FeedForwardWeights& weights = experts[static_cast<std::size_t>(expert)];
    for (std::int64_t row = 0; row < 2 * kInner; ++row) {
      const std::vector<float> got = row_of(weights.gate_up.matrix, row);
      for (std::int64_t k = 0; k < kHidden; ++k) {
        CHECK(got[static_cast<std::size_t>(k)] ==
              transposed(tensors.at(kGateUp), expert, interleaved(row, kInner), k));
      }
    }
    for (std::int64_t row = 0; row < kHidden; ++row) {
      const std::vector<float> got = row_of(weights.down.matrix, row);
      for (std::int64_t k = 0; k < kInner; ++k) {
        CHECK(got[static_cast<std::size_t>(k)] == transposed(tensors.at(kDown), expert, row, k));
      }
    }
  }
}

TEST_CASE("gpt-oss has biases on every projection, and a sink for each query head") {
  float next = 1.0F;
  Tensors tensors = common_tensors(kHidden, kInner, next);
  tensors[kGateUp] = counted({kExperts, kHidden, 2 * kInner}, next);
  tensors[kDown] = counted({kExperts, kInner, kHidden}, next);
  const Model model = load_model(config_of(kHidden, kInner), tensors);
  const LayerWeights& layer = model.weights().layers[0];
  CHECK(layer.sinks == floats(tensors.at("model.layers.0.self_attn.sinks")));
  CHECK(layer.attention_output.bias == floats(tensors.at("model.layers.0.self_attn.o_proj.bias")));
  CHECK(layer.router.bias == floats(tensors.at("model.layers.0.mlp.router.bias")));
  CHECK(layer.query_key_value.bias.size() == 32);
  const std::vector<float> stored =
      row_of(tensors.at(std::string(kGateUp) + "_bias"), 1, 2 * kInner);
  for (std::int64_t i = 0; i < 2 * kInner; ++i) {
    CHECK(layer.experts[1].gate_up.bias[static_cast<std::size_t>(i)] ==
          stored[static_cast<std::size_t>(interleaved(i, kInner))]);
  }
  CHECK(layer.experts[2].down.bias == row_of(tensors.at(std::string(kDown) + "_bias"), 2, kHidden));
}

// MXFP4 needs whole groups of 32 inputs.
constexpr std::int64_t kWideHidden = 64;
constexpr std::int64_t kWideInner = 32;

/// Random bytes; scales between 2^-20 and 2^19.
StoredTensor codes(const std::vector<std::int64_t>& shape, bool scales) {
  StoredTensor tensor{"U8", shape, {}};
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  std::uint32_t state = static_cast<std::uint32_t>(count);
  for (std::int64_t i = 0; i < count; ++i) {
    state = state * 1664525U + 1013904223U;
    tensor.bytes += static_cast<char>(scales ? 107U + (state >> 24U) % 40U : state >> 24U);
  }
  return tensor;
}

Tensors mxfp4_tensors() {
  float next = 1.0F;
  Tensors tensors = common_tensors(kWideHidden, kWideInner, next);
  const std::string gate_up = kGateUp;
  const std::string down = kDown;
  tensors[gate_up + "_blocks"] = codes({kExperts, 2 * kWideInner, kWideHidden / 32, 16}, false);
  tensors[gate_up + "_scales"] = codes({kExperts, 2 * kWideInner, kWideHidden / 32}, true);
  tensors[down + "_blocks"] = codes({kExperts, kWideHidden, kWideInner / 32, 16}, false);
  tensors[down + "_scales"] = codes({kExperts, kWideHidden, kWideInner / 32}, true);
  return tensors;
}

/// OCP Microscaling Formats (MX) v1.0, sections 5.3.3 and 5.4.1: E2M1 is sign, 2 bits of exponent
/// with bias 1, 1 bit of fraction; the scale is a power of two with bias 127.
double mxfp4_value(unsigned code, unsigned scale) {
  const unsigned exponent = code >> 1U & 3U;
  const double fraction = (code & 1U) / 2.0;
  const double magnitude = exponent == 0 ? fraction : (1.0 + fraction) * std::exp2(exponent - 1.0);
  return ((code & 8U) != 0 ? -magnitude : magnitude) *
         std::exp2(static_cast<double>(scale) - 127.0);
}

/// Element (expert, output, input) of a quantised tensor.
float mxfp4_element(const Tensors& tensors, const std::string& name, std::int64_t expert,
                    std::int64_t output, std::int64_t input) {
  const StoredTensor& blocks = tensors.at(name + "_blocks");
  const std::int64_t group = (expert * blocks.shape[1] + output) * blocks.shape[2] + input / 32;
  const auto pair = static_cast<std::uint8_t>(
      blocks.bytes[static_cast<std::size_t>(group * 16 + input % 32 / 2)]);
  const auto scale = static_cast<std::uint8_t>(
      tensors.at(name + "_scales").bytes[static_cast<std::size_t>(group)]);
  const unsigned code = input % 2 == 0 ? pair & 0xFU : pair >> 4U;
  return static_cast<float>(mxfp4_value(code, scale));
}

TEST_CASE("gpt-oss experts in MXFP4 have exactly the values of the format's definition") {
  const Tensors tensors = mxfp4_tensors();
  const auto storage = GENERATE(WeightStorage::int8, WeightStorage::fp8);
  const Model model = load_model(config_of(kWideHidden, kWideInner), tensors, {.storage = storage});
  for (std::int64_t expert = 0; expert < kExperts; ++expert) {
    const auto& weights = model.weights().layers[0].experts[static_cast<std::size_t>(expert)];
    CHECK(weights.gate_up.matrix.type() == ops::WeightType::mxfp4);
    for (std::int64_t row = 0; row < 2 * kWideInner; ++row) {
      const std::vector<float> got = row_of(weights.gate_up.matrix, row);
      for (std::int64_t k = 0; k < kWideHidden; ++k) {
        REQUIRE(got[static_cast<std::size_t>(k)] ==
                mxfp4_element(tensors, kGateUp, expert, interleaved(row, kWideInner), k));
      }
    }
    for (std::int64_t row = 0; row < kWideHidden; ++row) {
      const std::vector<float> got = row_of(weights.down.matrix, row);
      for (std::int64_t k = 0; k < kWideInner; ++k) {
        REQUIRE(got[static_cast<std::size_t>(k)] == mxfp4_element(tensors, kDown, expert, row, k));
      }
    }
  }
}

TEST_CASE("MXFP4 scales that are NaN or beyond f32 are refused with their tensor and place") {
  Tensors tensors = mxfp4_tensors();
  const int scale = GENERATE(253, 255);
  tensors[std::string(kDown) + "_scales"].bytes[70] = static_cast<char>(scale);
  CHECK_THAT(
      input_error_of([&] { return load_model(config_of(kWideHidden, kWideInner), tensors); }),
      Contains("down_proj_scales") && Contains("element 70"));
}

TEST_CASE("MXFP4 experts whose inputs are no whole groups are refused") {
  float next = 1.0F;
  constexpr std::int64_t kHidden = 40;
  Tensors tensors = common_tensors(kHidden, kWideInner, next);
  const std::string gate_up = kGateUp;
  tensors[gate_up + "_blocks"] = codes({kExperts, 2 * kWideInner, kHidden / 32, 16}, false);
  tensors[gate_up + "_scales"] = codes({kExperts, 2 * kWideInner, kHidden / 32}, true);
  CHECK_THAT(input_error_of([&] { return load_model(config_of(kHidden, kWideInner), tensors); }),
             Contains(gate_up) && Contains("multiple of 32"));
}

TEST_CASE("MXFP4 blocks of another type or shape are refused by name") {
  Tensors tensors = mxfp4_tensors();
  const std::string name = std::string(kGateUp) + "_blocks";
  const auto verdict = [&] {
    CHECK_THAT(
        input_error_of([&] { return load_model(config_of(kWideHidden, kWideInner), tensors); }),
        Contains(name));
  };
  SECTION("dtype") {
    tensors[name].dtype = "I8";
    verdict();
  }
  SECTION("shape") {
    tensors[name].shape = {kExperts, 2 * kWideInner, 16, kWideHidden / 32};
    verdict();
  }
}

}  // namespace
}  // namespace pagequest::model::test
