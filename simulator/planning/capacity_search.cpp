// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/planning/capacity_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/joined.h"
#include "base/params.h"

namespace pagequest::simulator {
namespace {

class CapacitySearch {
 public:
  CapacitySearch(const Slo& slo, const EvaluateLoad& evaluate, const LoadRange& range)
      : slo_(slo), evaluate_(evaluate), range_(range) {}

  [[nodiscard]] CapacityAnswer run() {
    probe(range_.first);
    while (!too_much_ && best_->load < range_.largest) {
      probe(std::min(2.0 * best_->load, range_.largest));
    }
    while (!best_) probe_below();
    while (too_much_ && !is_close()) probe(middle());
    return {*best_, too_much_, std::move(probes_)};
  }

 private:
  void probe(double load) {
    LoadProbe result = probe_load(slo_, evaluate_, load);
    (result.missed.empty() ? best_ : too_much_) = result;
    probes_.push_back(std::move(result));
  }

  void probe_below() {
    if (too_much_->load <= range_.smallest) throw_never_met();
    const double half = too_much_->load / 2.0;
    probe(std::max(range_.integral ? std::floor(half) : half, range_.smallest));
  }

  [[nodiscard]] bool is_close() const {
    const double gap = too_much_->load - best_->load;
    return range_.integral ? gap <= 1.0 : gap <= range_.precision * best_->load;
  }

  [[nodiscard]] double middle() const {
    const double middle = best_->load + (too_much_->load - best_->load) / 2.0;
    return range_.integral ? std::floor(middle) : middle;
  }

  [[noreturn]] void throw_never_met() const {
    throw ObjectivesNeverMet({.what = "no load meets the objectives",
                              .where = to_text(slo_),
                              .found = joined(too_much_->missed, "; ") +
                                       ", at the smallest load, " +
                                       pagequest::to_text(ParamValue(too_much_->load)),
                              .expected = "objectives that one load can meet",
                              .hint = "ask for less, or take a faster machine"});
  }

  const Slo& slo_;
  const EvaluateLoad& evaluate_;
  const LoadRange& range_;
  std::optional<LoadProbe> best_;
  std::optional<LoadProbe> too_much_;
  std::vector<LoadProbe> probes_;
};

}  // namespace

LoadProbe probe_load(const Slo& slo, const EvaluateLoad& evaluate, double load) {
  LoadProbe probe{.load = load, .result = evaluate(load), .missed = {}};
  probe.missed = misses(slo, probe.result.latencies);
  if (saturation_of(probe.result.queue) == Saturation::overloaded) {
    probe.missed.emplace_back("overloaded: the queue grows for as long as requests arrive");
  }
  return probe;
}

CapacityAnswer search_capacity(const Slo& slo, const EvaluateLoad& evaluate,
                               const LoadRange& range) {
  PQ_CHECK(0.0 < range.smallest && range.smallest <= range.first && range.first <= range.largest,
           "the range of loads is in order");
  return CapacitySearch(slo, evaluate, range).run();
}

}  // namespace pagequest::simulator
