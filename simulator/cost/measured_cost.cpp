// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/measured_cost.h"

#include <algorithm>
#include <set>
#include <utility>

#include "simulator/cost/decode_pieces.h"
#include "simulator/cost/non_negative_fit.h"

namespace pagequest::simulator {

std::vector<double> MonotoneTable::terms(double x) const {
  std::vector<double> out;
  double previous = 0.0;
  for (std::size_t i = 0; i < knots_.size(); ++i) {
    const bool last = i + 1 == knots_.size();
    out.push_back(std::max(0.0, (last ? x : std::min(x, knots_[i])) - previous));
    previous = knots_[i];
  }
  return out;
}

/// What a step's time depends on.
struct MeasuredCost::Features {
  double batch = 0.0;
  double reads = 0.0;
  double tokens = 0.0;
  double pairs = 0.0;

  static Features of(const MeasuredPoint& point) {
    const auto n = static_cast<double>(point.batch);
    const auto t = static_cast<double>(point.tokens);
    const auto context = static_cast<double>(point.context);
    return {n, n * (context + 1.0), t, t * context + t * (t + 1.0) / 2.0};
  }
  static Features of(const BatchShape& shape) {
    return {static_cast<double>(shape.decode_tokens), static_cast<double>(shape.decode_reads),
            static_cast<double>(shape.prefill_tokens), shape.prefill_pairs};
  }
};

/// Which terms the step's time has.
struct MeasuredCost::Form {
  MonotoneTable batch;
  MonotoneTable tokens;
  bool mean_context = false;

  [[nodiscard]] std::vector<double> terms(const Features& f) const {
    std::vector<double> out = {1.0, f.reads};
    if (mean_context) out.push_back(f.batch > 0.0 ? f.reads / f.batch : 0.0);
    if (!tokens.knots().empty()) {
      out.push_back(f.tokens > 0.0 ? 1.0 : 0.0);
      out.push_back(f.pairs);
    }
    for (const MonotoneTable* table : {&batch, &tokens}) {
      const auto part = table->terms(table == &batch ? f.batch : f.tokens);
      out.insert(out.end(), part.begin(), part.end());
    }
    return out;
  }
  [[nodiscard]] std::vector<LinearRow> rows(const std::vector<MeasuredPoint>& points) const {
    std::vector<LinearRow> out;
    for (const auto& point : points) out.push_back({terms(Features::of(point)), point.seconds});
    return out;
  }
  [[nodiscard]] std::string text() const {
    std::string out = "base, reads";
    if (mean_context) out += ", mean context";
    out += batch.knots().size() > 1 ? ", batch table" : ", batch slope";
    if (!tokens.knots().empty()) {
      out += tokens.knots().size() > 1 ? ", chunk, token table, pairs" : ", chunk, tokens, pairs";
    }
    return out;
  }
};

namespace {

std::vector<double> sizes(const std::vector<MeasuredPoint>& points,
                          std::int64_t MeasuredPoint::*size) {
  std::set<double> out;
  for (const auto& point : points) {
    if (point.*size > 0) out.insert(static_cast<double>(point.*size));
  }
  return {out.begin(), out.end()};
}

/// Leaves out every point once, at most kFolds at a time.
double left_out_error(const std::vector<LinearRow>& rows) {
  constexpr std::size_t kFolds = 20;
  const std::size_t folds = std::min(kFolds, rows.size());
  double sum = 0.0;
  for (std::size_t fold = 0; fold < folds; ++fold) {
    std::vector<LinearRow> kept;
    std::vector<LinearRow> left_out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      (i % folds == fold ? left_out : kept).push_back(rows[i]);
    }
    if (kept.empty()) continue;
    sum += mean_relative_error(fit_non_negative(kept), left_out) *
           static_cast<double>(left_out.size());
  }
  return sum / static_cast<double>(rows.size());
}

std::vector<double> one_slope(const std::vector<double>& knots) {
  return knots.empty() ? knots : std::vector<double>{knots.back()};
}

}  // namespace

MeasuredCost::MeasuredCost(const MeasuredProfile& profile) {
  constexpr double kBetter = 0.95;
  constexpr double kNoticeable = 0.001;
  const auto batches = sizes(profile.points, &MeasuredPoint::batch);
  const auto chunks = sizes(profile.points, &MeasuredPoint::tokens);
  Form best;
  bool first = true;
  // From the poorest to the richest.
  for (const bool mean_context : {false, true}) {
    for (const bool batch_table : {false, true}) {
      for (const bool token_table : {false, true}) {
        const Form form{MonotoneTable(batch_table ? batches : one_slope(batches)),
                        MonotoneTable(token_table ? chunks : one_slope(chunks)), mean_context};
        const double error = pagequest::simulator::left_out_error(form.rows(profile.points));
        const bool better =
            error < kBetter * left_out_error_ && error < left_out_error_ - kNoticeable;
        if (!first && !better) continue;
        best = form;
        left_out_error_ = error;
        first = false;
      }
    }
  }
  const auto rows = best.rows(profile.points);
  coefficients_ = fit_non_negative(rows);
  fit_error_ = mean_relative_error(coefficients_, rows);
  form_ = best.text();
  batch_ = best.batch;
  tokens_ = best.tokens;
  mean_context_ = best.mean_context;
}

double MeasuredCost::seconds(const Features& features) const {
  return predict(coefficients_, Form{batch_, tokens_, mean_context_}.terms(features));
}

DecodeLine MeasuredCost::decode_line(const BatchShape& batch) const {
  Features features;
  features.batch = static_cast<double>(batch.decode_tokens);
  DecodeLine out;
  out.base = to_ticks(seconds(features));
  double per_read = coefficients_[1];
  if (mean_context_ && batch.decode_tokens > 0) per_read += coefficients_[2] / features.batch;
  out.per_read = round_to_ticks(per_read);
  return out;
}

Ticks MeasuredCost::ticks(const BatchShape& batch) const {
  if (batch.prefill_tokens > 0) return to_ticks(seconds(Features::of(batch)));
  return decode_line(batch).at(batch.decode_reads, batch.decode_window_reads);
}

}  // namespace pagequest::simulator
