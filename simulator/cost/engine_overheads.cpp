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
// models, rows whose requests wait for others left out; errors are means of |relative error|.
constexpr std::array kEngines = {
    engine("sglang", "SGLang 0.5.1: prefill goes before decode",
           coefficients(501.0, 17.3, 9.8, 1.10, 1.10), 0.88, true,
           "18 rows of Qwen3-32B on 1 to 8 GPUs, 4.4 %; 19 held-out rows: 4.1 %. Memory: "
           "mem_fraction_static, about 0.88 by default on GPUs of 80 GB"),
    engine("trtllm", "TensorRT-LLM 1.0, PyTorch backend", coefficients(317.0, 14.9, 5.9, 1.0, 1.0),
           0.9, false,
           "88 rows of Llama-3.1-8B and Qwen3-32B fp8 on 1 to 8 GPUs, 5.5 %; 91 held-out rows: "
           "6.9 %. Memory: free_gpu_memory_fraction 0.9 by default, of what the weights leave"),
    engine("vllm", "vLLM 0.12 and before", coefficients(927.0, 42.2, 11.7, 0.98, 0.93), 0.9, false,
           "30 rows of Llama-3.1-70B fp8 and Qwen3-32B on 2 to 8 GPUs, 5.3 %; 34 held-out rows: "
           "4.6 %. Memory: gpu_memory_utilization 0.9 by default"),
};

}  // namespace

std::span<const EngineOverheads> engine_overheads() { return kEngines; }

const EngineOverheads& engine_overheads_named(std::string_view name) {
  return entry_named("serving engine", name, kEngines);
}

}  // namespace pagequest::simulator
