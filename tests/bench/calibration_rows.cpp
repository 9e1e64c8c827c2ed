// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/calibration_rows.h"

#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "simulator/machine/catalog.h"

namespace pagequest::bench {
namespace {

using Cells = std::map<std::string, std::string>;

std::vector<std::string> split(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::vector<std::string> out;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) out.push_back(cell);
  return out;
}

struct ServedName {
  const char* path;
  const char* precision;
  const char* name;
  bool inference_max;
};
constexpr ServedName kNames[] = {
    {"Llama-3.1-8B", "", "llama-3.1-8b", false},
    {"Llama-3.1-70B", "fp8", "llama-3.1-70b-fp8", true},
    {"Qwen3-32B", "", "qwen3-32b", false},
    {"Qwen3-32B", "fp8", "qwen3-32b", false},
    {"Qwen3-235B-A22B", "fp8", "qwen3-235b-a22b-fp8", false},
    {"gpt-oss-120b", "fp4", "gpt-oss-120b", true},
};

const ServedName* served(const Cells& cells) {
  for (const ServedName& entry : kNames) {
    if (cells.at("model_path").find(entry.path) != std::string::npos &&
        cells.at("precision") == entry.precision) {
      return &entry;
    }
  }
  return nullptr;
}

simulator::ModelSpec model_of(const ServedName& served, const Cells& cells) {
  simulator::ModelSpec model = simulator::catalog_model(served.name);
  if (cells.at("precision") != "fp8") return model;
  if (model.compute != simulator::ComputeFormat::fp8) {
    model.name += "-fp8";
    model.bytes_per_weight = model.bytes_per_expert_weight = 1.0;
    model.compute = simulator::ComputeFormat::fp8;
  }
  if (cells.at("backend") == "trtllm") model.kv_bytes_per_value = 1.0;
  return model;
}

bool is_kv_limited(const CalibrationRow& row, double ttft_ms) {
  constexpr double kUsable = 0.9 * 80e9 - 4e9;  // of each GPU
  const double gpus = row.parallelism.gpus();
  const auto shard = simulator::shard(row.model, row.parallelism);
  const double replicated = shard.kv_heads * row.parallelism.tensor / row.model.kv_heads;
  const double tokens = static_cast<double>(row.load.input + row.load.output) *
                        static_cast<double>(row.load.concurrency);
  const bool full = tokens * row.model.kv_bytes_per_token() * replicated >
                    gpus * kUsable - row.model.weight_bytes();
  const double decode_ms = row.tpot_ms * static_cast<double>(row.load.output);
  // In step, SGLang's requests wait for each other's prefills without being short of memory. Of
  // 512 requests at once, the engines ran fewer.
  return full || (!row.load.prefill_first && ttft_ms > 0.5 * decode_ms) ||
         row.load.concurrency > 256;
}

std::optional<CalibrationRow> row_of(const Cells& cells) {
  const ServedName* name = served(cells);
  const std::string& dp = cells.at("attention_dp_size");
  if (name == nullptr || (!dp.empty() && dp != "1.0")) return std::nullopt;
  const double scale = name->inference_max ? 0.9 : 1.0;
  const auto number = [&](const char* column) { return std::stod(cells.at(column)); };
  const auto whole = [&](const char* column) { return static_cast<std::int32_t>(number(column)); };
  CalibrationRow row;
  row.engine = cells.at("backend");
  row.model = model_of(*name, cells);
  row.parallelism = {whole("tp_size"), whole("pp_size")};
  row.load = {.input = static_cast<std::int64_t>(scale * number("isl")),
              .output = static_cast<std::int64_t>(scale * number("osl")),
              .concurrency = whole("batch_size"),
              .prefill_first = row.engine == "sglang"};
  row.tpot_ms = number("silicon_tpot_ms");
  row.kv_limited = is_kv_limited(row, number("silicon_ttft_ms"));
  return row;
}

}  // namespace

std::string CalibrationRow::group() const {
  return engine + " " + model.name + " x " + std::to_string(parallelism.gpus());
}

std::string CalibrationRow::shape() const {
  return group() + " " + std::to_string(load.input) + "/" + std::to_string(load.output);
}

std::vector<CalibrationRow> read_calibration_rows(const std::filesystem::path& csv) {
  std::ifstream file(csv);
  std::string line;
  if (!std::getline(file, line)) {
    throw input_error({.what = "can't read the measured rows", .where = csv.string()});
  }
  const auto header = split(line);
  std::vector<CalibrationRow> out;
  while (std::getline(file, line)) {
    const auto values = split(line);
    Cells cells;
    for (std::size_t i = 0; i < header.size() && i < values.size(); ++i) {
      cells[header[i]] = values[i];
    }
    try {
      if (auto row = row_of(cells)) out.push_back(std::move(*row));
    } catch (const std::out_of_range&) {
      throw input_error({.what = "a column is missing",
                         .where = csv.string(),
                         .found = line,
                         .expected = "the columns of h100_serving_calibration.csv"});
    }
  }
  return out;
}

}  // namespace pagequest::bench
