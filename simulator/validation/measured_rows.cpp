// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/validation/measured_rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "simulator/cost/engine_overheads.h"
#include "simulator/validation/csv_file.h"
#include "simulator/validation/served_model.h"

namespace pagequest::simulator {
namespace {

constexpr std::int64_t kMostTokens = 10'000'000;
constexpr std::string_view kSource = "silicon_data_source";

std::string optional_text(const CsvFile& csv, std::string_view column) {
  return csv.has(column) ? csv.text(column) : std::string();
}

/// What follows "key=" in "a=1; key=2; c=3".
std::string source_value(const CsvFile& csv, std::string_view key) {
  const std::string text = "; " + optional_text(csv, kSource);
  const std::string start = "; " + std::string(key) + "=";
  const std::size_t at = text.find(start);
  if (at == std::string::npos) return {};
  const std::size_t from = at + start.size();
  return text.substr(from, text.find(';', from) - from);
}

std::int32_t concurrency_of(const CsvFile& csv) {
  constexpr std::int64_t kMost = 1'000'000;
  const std::string value = source_value(csv, "silicon_concurrency");
  if (value.empty()) return static_cast<std::int32_t>(csv.whole("batch_size", 1, kMost));
  std::int32_t out = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (error != std::errc{} || end != value.data() + value.size() || out < 1 || out > kMost) {
    csv.complain(kSource, "silicon_concurrency=, a whole number from 1");
  }
  return out;
}

/// InferenceMAX's rows come from files that are named by their date, or from its workflow runs.
bool draws_lengths(const CsvFile& csv) {
  const std::string file = source_value(csv, "source_file");
  return file.rfind("20", 0) == 0 || file.find("db-dump") != std::string::npos ||
         !source_value(csv, "workflow_run_id").empty();
}

std::int32_t gpus(const CsvFile& csv, std::string_view column) {
  if (optional_text(csv, column).empty() && column != "tp_size") return 1;
  return static_cast<std::int32_t>(csv.whole(column, 1, 1024));
}

double milliseconds(const CsvFile& csv, std::string_view column) {
  const double out = csv.number(column);
  if (out <= 0.0) csv.complain(column, "milliseconds above 0");
  return out;
}

MeasuredRow figures_of(const CsvFile& csv) {
  MeasuredRow row;
  row.line = csv.line();
  row.id = optional_text(csv, "id");
  row.engine = csv.text("backend");
  row.parallelism = {gpus(csv, "tp_size"), gpus(csv, "pp_size")};
  row.nominal_input = csv.whole("isl", 1, kMostTokens);
  row.nominal_output = csv.whole("osl", 2, kMostTokens);
  const double share = draws_lengths(csv) ? 0.9 : 1.0;
  const auto served = [&](std::int64_t tokens) {
    return std::max<std::int64_t>(2, std::llround(share * static_cast<double>(tokens)));
  };
  row.load = {.input = served(row.nominal_input),
              .output = served(row.nominal_output),
              .concurrency = concurrency_of(csv)};
  row.ttft_ms = milliseconds(csv, "silicon_ttft_ms");
  row.tpot_ms = milliseconds(csv, "silicon_tpot_ms");
  return row;
}

bool is_known_engine(std::string_view name) {
  const auto engines = engine_overheads();
  return std::any_of(engines.begin(), engines.end(), [&](auto& e) { return e.name == name; });
}

/// Fills in what the catalog knows; what it doesn't know, if anything.
std::optional<std::string> resolve(const CsvFile& csv, MeasuredRow& row) {
  const std::string precision = optional_text(csv, "precision");
  if (!is_known_engine(row.engine)) return "engine " + row.engine + " is not known";
  const auto machine = served_machine(csv.text("system"));
  if (!machine) return "system " + csv.text("system") + " is not known";
  auto model = served_model(csv.text("model_path"), precision, row.engine);
  if (!model) {
    return "model " + csv.text("model_path") + (precision.empty() ? "" : " in " + precision) +
           " is not known";
  }
  if (gpus(csv, "attention_dp_size") > 1) return "attention data parallelism is not modelled";
  row.machine = *machine;
  row.model = std::move(*model);
  row.load.prefill_first = engine_overheads_named(row.engine).prefill_first;
  try {
    (void)shard(row.model, row.parallelism);
  } catch (const Error& error) {
    return error.info().what + ": " + error.info().found;
  }
  return std::nullopt;
}

}  // namespace

MeasuredRows read_measured_rows(const std::filesystem::path& csv) {
  CsvFile file(csv);
  MeasuredRows out;
  while (file.next()) {
    MeasuredRow row = figures_of(file);
    if (auto reason = resolve(file, row)) {
      out.skipped.push_back({row.line, row.id, std::move(*reason)});
    } else {
      out.rows.push_back(std::move(row));
    }
  }
  return out;
}

}  // namespace pagequest::simulator
