// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/engine_overheads.h"

#include <array>

#include "base/params.h"

namespace pagequest::simulator {
namespace {

constexpr EngineOverheads engine(std::string_view name, std::string_view description,
                                 CostCoefficients coefficients, double memory_share,
                                 bool prefill_first, std::string_view source) {
  return {name, description, coefficients, memory_share, prefill_first, source};
}

constexpr CostCoefficients coefficients(double iteration_us, double sequence_us, double layer_us,
                                        double decode_attention, double prefill) {
  constexpr double kAllReduce = 5.7;
  return {iteration_us, sequence_us, layer_us, kAllReduce, 1.0, decode_attention, prefill};
}

// Fitted by tests/bench/fit_engines to the time per output token of every second shape of the H100
// rows of AIConfigurator's silicon sample (ai-dynamo/aiconfigurator@095f58a, Apache-2.0), dense
// models, KV-limited rows left out; errors are means of |relative error|.
constexpr std::array kEngines = {
    engine("sglang", "SGLang 0.5.1: prefill goes before decode",
           coefficients(488.0, 18.6, 10.0, 1.10, 1.08), 0.88, true,
           "16 rows of Qwen3-32B on 2 to 8 GPUs, 3.3 %; 17 held-out rows: 3.9 %. Memory: "
           "mem_fraction_static, about 0.88 by default on GPUs of 80 GB"),
    engine("trtllm", "TensorRT-LLM 1.0, PyTorch backend", coefficients(325.0, 14.9, 6.0, 0.99, 1.0),
           0.9, false,
           "87 rows of Llama-3.1-8B and Qwen3-32B fp8 on 1 to 8 GPUs, 5.5 %; 90 held-out rows: "
           "6.9 %. Memory: free_gpu_memory_fraction 0.9 by default, of what the weights leave"),
    engine("vllm", "vLLM 0.12 and before", coefficients(1226.0, 43.7, 12.0, 0.76, 0.99), 0.9, false,
           "29 rows of Llama-3.1-70B fp8 and Qwen3-32B on 2 to 8 GPUs, 4.1 %; 34 held-out rows: "
           "5.5 %. Memory: gpu_memory_utilization 0.9 by default"),
};

}  // namespace

std::span<const EngineOverheads> engine_overheads() { return kEngines; }

const EngineOverheads& engine_overheads_named(std::string_view name) {
  return entry_named("serving engine", name, kEngines);
}

}  // namespace pagequest::simulator
