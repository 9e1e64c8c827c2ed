// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/policy_curve.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/check.h"
#include "base/error.h"
#include "base/event_sink.h"
#include "simulator/memory/kv_extent.h"

namespace pagequest::simulator {
namespace {

FootprintPoint between(const FootprintPoint& a, const FootprintPoint& b, double context) {
  const double share =
      b.context == a.context ? 0.0 : (context - a.context) / (b.context - a.context);
  const auto mix = [share](double from, double to) { return from + share * (to - from); };
  return {context, mix(a.live, b.live), mix(a.pages, b.pages), mix(a.reads, b.reads)};
}

/// How far a point is from the line, in pages.
double distance(const FootprintPoint& point, const FootprintPoint& a, const FootprintPoint& b,
                double page_tokens) {
  const FootprintPoint line = between(a, b, point.context);
  return std::max(std::abs(point.pages - line.pages),
                  std::abs(point.reads - line.reads) / page_tokens);
}

class Recorder {
 public:
  Recorder(std::int32_t page_tokens, std::int32_t every)
      : kv_(page_tokens), page_tokens_(page_tokens), every_(every) {}

  void grow(std::int32_t tokens) {
    for (std::int32_t left = tokens; left > 0;) {
      if (due_) record();
      const std::int32_t step = std::min(left, std::max(1, next_ - kv_.next_position()));
      kv_.grow(step);
      left -= step;
      due_ = kv_.next_position() >= next_;
    }
  }
  void evict(TokenSpan span) { kv_.evict(span); }
  void restart() {
    kv_ = KvExtent(page_tokens_);
    due_ = false;
    next_ = 0;
  }
  std::vector<FootprintPoint> take() {
    if (kv_.next_position() > 0) record();
    return std::move(points_);
  }

 private:
  /// After the evictions of its step.
  void record() {
    points_.push_back({static_cast<double>(kv_.next_position()),
                       static_cast<double>(kv_.live_tokens()), static_cast<double>(kv_.pages()),
                       static_cast<double>(kv_.read_tokens())});
    next_ = kv_.next_position() + every_;
    due_ = false;
  }

  KvExtent kv_;
  std::int32_t page_tokens_;
  std::int32_t every_;
  std::int32_t next_ = 0;
  bool due_ = false;
  std::vector<FootprintPoint> points_;
};

/// Marks what must stay between two points that do.
void mark_knots(const std::vector<FootprintPoint>& points, double page_tokens, double tolerance,
                std::vector<char>& is_knot) {
  std::vector<std::pair<std::size_t, std::size_t>> pieces{{0, points.size() - 1}};
  while (!pieces.empty()) {
    const auto [first, last] = pieces.back();
    pieces.pop_back();
    double worst = tolerance;
    std::size_t at = first;
    for (std::size_t i = first + 1; i < last; ++i) {
      const double off = distance(points[i], points[first], points[last], page_tokens);
      if (off <= worst) continue;
      worst = off;
      at = i;
    }
    if (at == first) continue;
    is_knot[at] = 1;
    pieces.emplace_back(first, at);
    pieces.emplace_back(at, last);
  }
}

}  // namespace

FootprintPoint FootprintCurve::at(double context) const {
  if (knots.size() == 1) return knots.front();
  auto next = std::ranges::upper_bound(knots, context, {}, &FootprintPoint::context);
  if (next == knots.begin()) ++next;
  if (next == knots.end()) --next;
  return between(*(next - 1), *next, context);
}

Session curve_session(const CurveLoad& load) {
  if (load.prompt < 1 || load.decode < 1 || load.response < 0 || load.most_context <= load.prompt) {
    throw usage_error({.what = "bad load for a policy's curve",
                       .where = {},
                       .found = "prompt " + std::to_string(load.prompt) + ", decode " +
                                std::to_string(load.decode) + ", response " +
                                std::to_string(load.response) + ", most context " +
                                std::to_string(load.most_context),
                       .expected = "a prompt of 1 to less than the most context, 1, 0 or more",
                       .hint = {}});
  }
  Session out{.episode = EpisodeId{0}, .program = {Prefill{load.prompt}}, .turns = {}};
  std::int32_t left = load.most_context - load.prompt;
  for (std::int32_t turn = 0; left > 0; ++turn) {
    out.program.emplace_back(BeginTurn{turn});
    out.program.emplace_back(Decode{std::min(left, load.decode)});
    left -= load.decode;
    if (left <= 0 || load.response == 0) continue;
    out.program.emplace_back(CallTool{"tool", 0});
    out.program.emplace_back(Prefill{std::min(left, load.response)});
    left -= load.response;
  }
  return out;
}

std::vector<FootprintPoint> record_footprint(const Session& session, std::int32_t page_tokens,
                                             std::int32_t every) {
  PQ_CHECK(page_tokens > 0 && every > 0, "pages and intervals hold positions");
  Recorder recorder(page_tokens, every);
  for (const Operation& operation : session.program) {
    std::visit(Overloaded{[&](const Prefill& op) { recorder.grow(op.tokens); },
                          [&](const Decode& op) { recorder.grow(op.tokens); },
                          [&](const Prompt& op) {
                            recorder.restart();
                            recorder.grow(op.tokens);
                          },
                          [&](const Evict& op) { recorder.evict(op.span); }, [](const auto&) {}},
               operation);
  }
  return recorder.take();
}

FootprintCurve summarise_footprint(const std::vector<FootprintPoint>& points,
                                   std::int32_t page_tokens, double page_tolerance) {
  PQ_CHECK(!points.empty(), "a curve has points");
  std::vector<char> is_knot(points.size(), 0);
  is_knot.front() = is_knot.back() = 1;
  mark_knots(points, page_tokens, page_tolerance, is_knot);
  FootprintCurve out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (is_knot[i] != 0) out.knots.push_back(points[i]);
  }
  for (const FootprintPoint& point : points) {
    const FootprintPoint line = out.at(point.context);
    out.worst_pages_error = std::max(out.worst_pages_error, std::abs(point.pages - line.pages));
    out.worst_reads_error = std::max(out.worst_reads_error, std::abs(point.reads - line.reads));
  }
  return out;
}

FootprintCurve policy_curve(const PolicySettings& settings, const CurveLoad& load,
                            double page_tolerance) {
  const ManagedSession managed = apply_policy(curve_session(load), {}, settings);
  const auto points =
      record_footprint(managed.session, settings.page_tokens, 4 * settings.page_tokens);
  return summarise_footprint(points, settings.page_tokens, page_tolerance);
}

ResultTable footprint_table(const FootprintCurve& curve, const std::string& policy) {
  ResultTable table("footprint_curve",
                    "What one sequence under " + policy +
                        " holds and reads by its length; attention is modelled. Between the rows "
                        "interpolate: at most " +
                        std::to_string(curve.worst_pages_error) + " pages and " +
                        std::to_string(curve.worst_reads_error) + " tokens off.",
                    {{"context", "tokens"},
                     {"live", "tokens"},
                     {"pages", "pages"},
                     {"reads", "tokens a decode step"}});
  for (const FootprintPoint& knot : curve.knots) {
    table.add({knot.context, knot.live, knot.pages, knot.reads});
  }
  return table;
}

}  // namespace pagequest::simulator
