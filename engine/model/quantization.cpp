// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/quantization.h"

#include <string>
#include <vector>

#include "engine/model/config_reader.h"

namespace pagequest::model {
namespace {

void check_fp8(const ConfigReader& quantization) {
  quantization.require_text("fmt", "e4m3");
  if (!quantization.has("weight_block_size")) return;
  const auto block = quantization.integers("weight_block_size", 1, 1 << 20);
  if (block != std::vector<std::int32_t>{128, 128}) {
    throw quantization.error("weight_block_size", "[128, 128]");
  }
}

}  // namespace

void check_quantization(const ConfigReader& reader) {
  if (!reader.has("quantization_config")) return;
  const ConfigReader quantization = reader.object("quantization_config");
  const std::string method = quantization.text("quant_method");
  if (method == "fp8") return check_fp8(quantization);
  if (method == "compressed-tensors") return quantization.require_text("format", "float-quantized");
  if (method == "mxfp4" || method == "fbgemm_fp8") return;
  throw quantization.error("quant_method",
                           "fp8, fbgemm_fp8, mxfp4 or compressed-tensors (float-quantized)",
                           "take the unquantised checkpoint of the model");
}

}  // namespace pagequest::model
