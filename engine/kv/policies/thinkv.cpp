// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// ThinKV (arXiv 2510.01290): a thought is cut into segments of tau decode tokens, and the mean
// attention sparsity of a segment says whether it reasons (R), executes (E) or makes a transition
// (T): transitions are the sparsest, execution the least sparse. A segment is stored with the bits
// of its type; when a transition appears, every segment before it steps down one rung of a ladder
// of tokens that it may keep. There is no budget.
//
// Departures: the paper keeps the K-means representatives of a segment's keys. No policy sees keys,
// so those stay that got the most attention so far. Sparsity is the share of pages below 1 % of the
// largest mass in a row that is averaged over the query heads of a KV head. The prompt is kept,
// with the bits of R; what a tool answers belongs to the segment in which it arrives.
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "engine/kv/loops/loops.h"
#include "engine/kv/policies/row_sparsity.h"
#include "engine/kv/policies/rule_policy.h"
#include "engine/kv/reused_memory.h"

namespace pagequest::kv {
namespace {

/// Indices of ThinKvConfig::bits.
enum class Thought : std::uint8_t { reasoning, execution, transition };

struct ThinKvConfig {
  std::int32_t tau;
  std::vector<std::int32_t> layers;  // whose sparsity counts; empty: all
  double execution_below;            // mean sparsity
  double transition_from;
  std::vector<std::int32_t> ladder;  // tokens, descending
  std::vector<std::int32_t> bits;    // of R, E and T
};

class ThinKv final : public RulePolicy {
 public:
  ThinKv(ThinKvConfig config, const Common& common, const PolicyContext& context)
      : RulePolicy(common, context), config_(std::move(config)) {}

  /// When the first step of the next segment has ended.
  [[nodiscard]] bool decides(const StepEnd& step) const override {
    return step.kind == StepKind::decode && begins_segment(step.decode_steps);
  }

  void judge(std::int32_t scope, std::span<const UnitView> candidates,
             Verdict& verdict) const override {
    auto at = candidates.begin();
    for (const Segment& segment : segments_) {
      const auto end = std::find_if(at, candidates.end(), [&segment](const UnitView& page) {
        return page.id >= segment.end_page;
      });
      const auto first = static_cast<std::size_t>(at - candidates.begin());
      judge_segment(segment, scope, candidates.subspan(first, static_cast<std::size_t>(end - at)),
                    first, verdict);
      at = end;
    }
  }

 private:
  struct Segment {
    std::int32_t end_page;  // behind the last page whose first token is in it
    Thought thought;
    std::int32_t rungs;  // down the ladder; 0: nothing goes
    bool is_prompt;
  };

  [[nodiscard]] bool begins_segment(std::int32_t decode_steps) const {
    return decode_steps > 1 && (decode_steps - 1) % config_.tau == 0;
  }

  /// `first`: index of the segment's first candidate among all.
  void judge_segment(const Segment& segment, std::int32_t scope, std::span<const UnitView> pages,
                     std::size_t first, Verdict& verdict) const {
    assign_in_place(goes_, pages.size(), std::uint8_t{0});
    for (const std::size_t i : surplus(segment, scope, pages)) {
      goes_[i] = 1;
      verdict.dropped.push_back(first + i);
    }
    const std::int32_t bits = config_.bits[static_cast<std::size_t>(segment.thought)];
    const Precision precision{.key_bits = bits, .value_bits = bits};
    for (std::size_t i = 0; i < pages.size(); ++i) {
      if (goes_[i] == 0 && stored(scope, pages[i].id) != precision) {
        verdict.stored.push_back({first + i, precision});
      }
    }
  }

  /// The pages with the least attention, as long as the segment keeps the tokens of its rung.
  [[nodiscard]] std::span<const std::size_t> surplus(const Segment& segment, std::int32_t scope,
                                                     std::span<const UnitView> pages) const {
    if (segment.rungs == 0 || segment.is_prompt) return {};
    order_.resize(pages.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::sort(order_, {}, [&](std::size_t i) {
      return std::pair(value_at(mass_, scope, pages[i].id), i);
    });
    std::int32_t left = 0;
    for (const UnitView& page : pages) left += page.live_tokens;
    const std::int32_t kept = config_.ladder[static_cast<std::size_t>(segment.rungs - 1)];
    std::size_t dropped = 0;
    for (; dropped < order_.size(); ++dropped) {
      left -= pages[order_[dropped]].live_tokens;
      if (left < kept) break;
    }
    return std::span(order_).first(dropped);
  }

  void observe_rest(const Event& event) override {
    if (const auto* filled = std::get_if<TokensFilled>(&event)) {
      if (filled->kind == StepKind::decode) begin_step(filled->first);
    } else if (const auto* attended = std::get_if<PagesAttended>(&event)) {
      if (!is_decoding()) return;
      sparsity_ += row_sparsity(*attended, config_.layers);
      ++measured_;
    }
  }

  void begin_step(std::int32_t position) {
    const std::int32_t end_page = (position + context().page_size - 1) / context().page_size;
    if (decode_steps() == 1) segments_.push_back({end_page, Thought::reasoning, 0, true});
    if (begins_segment(decode_steps())) end_segment(end_page);
  }

  void end_segment(std::int32_t end_page) {
    const Thought thought = thought_of(measured_ == 0 ? 0.0 : sparsity_ / measured_);
    sparsity_ = 0.0;
    measured_ = 0;
    if (thought == Thought::transition) {
      const auto most = static_cast<std::int32_t>(config_.ladder.size());
      for (Segment& segment : segments_) segment.rungs = std::min(segment.rungs + 1, most);
    }
    segments_.push_back({end_page, thought, 0, false});
  }

  [[nodiscard]] Thought thought_of(double sparsity) const {
    if (sparsity >= config_.transition_from) return Thought::transition;
    return sparsity < config_.execution_below ? Thought::execution : Thought::reasoning;
  }

  void attend(const Attended& attended) override {
    std::vector<double>& mass = part(mass_, attended.scope);
    for (const PageRun& run : attended.runs) {
      loops().add_seen(attended.mass.data() + run.at, run.count, attended.query_rows,
                       mass.data() + run.page);
    }
  }

  [[nodiscard]] float keep_score(std::int32_t scope, std::int32_t page) const override {
    return static_cast<float>(value_at(mass_, scope, page));
  }

  ThinKvConfig config_;
  std::vector<Segment> segments_;           // that have ended, the prompt first
  std::vector<std::vector<double>> mass_;   // (scope, page): attention so far
  mutable std::vector<std::uint8_t> goes_;  // (page of a segment), working memory of a decision
  mutable std::vector<std::size_t> order_;  // (page of a segment), the same
  double sparsity_ = 0.0;                   // sum over the steps of the segment under way
  std::int32_t measured_ = 0;               // such steps
};

ThinKvConfig config_of(const Params& params) {
  ThinKvConfig config{.tau = integer_in(params, "thinkv", "tau", 2, 1 << 20),
                      .layers = {},
                      .execution_below = real_in(params, "thinkv", "execution_below", 0.0, 1.0),
                      .transition_from = real_in(params, "thinkv", "transition_from", 0.0, 1.0),
                      .ladder = integers_in(params, "thinkv", "ladder", 1, 1 << 20),
                      .bits = integers_in(params, "thinkv", "bits", 1, 16)};
  if (params.text("layers") != "all") {
    config.layers = integers_in(params, "thinkv", "layers", 0, 1 << 12);
  }
  const auto expect = [&params](bool holds, std::string_view name, std::string_view expected) {
    if (holds) return;
    throw usage_error({.what = "bad value for parameter `" + std::string(name) + "`",
                       .where = "thinkv",
                       .found = to_text(params.all().find(name)->second),
                       .expected = std::string(expected),
                       .hint = {}});
  };
  expect(config.bits.size() == 3, "bits", "three numbers, of R, E and T");
  expect(std::ranges::is_sorted(config.ladder, std::ranges::greater()), "ladder",
         "rungs downwards");
  expect(config.execution_below <= config.transition_from, "execution_below",
         "at most transition_from");
  return config;
}

}  // namespace

std::span<const ParamSpec> thinkv_params() {
  static const std::array kSpecs{
      ParamSpec{"tau", std::int64_t{128}, "decode tokens of a segment"},
      ParamSpec{"layers", std::string("all"), "whose sparsity counts, such as 3/7/11; or all"},
      ParamSpec{"execution_below", 0.63, "mean sparsity below which a segment is execution"},
      ParamSpec{"transition_from", 0.65, "mean sparsity from which it is a transition"},
      ParamSpec{"ladder", std::string("64/32/16/8/4"),
                "tokens that a segment keeps after one transition, two, ..."},
      ParamSpec{"bits", std::string("8/4/2"), "an element of reasoning, execution and transition"},
      ParamSpec{kSharingParam, std::string("head"), kSharingHelp},
      ParamSpec{kGroupParam, std::string("mean"), kGroupHelp}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_thinkv(const Params& params, const PolicyContext& context) {
  const AttentionPolicy::Common common{.sharing = sharing_named(params.text(kSharingParam)),
                                       .group = group_mass_named(params.text(kGroupParam)),
                                       .recent_tokens = 0,
                                       .protect_prompt = true};
  return std::make_unique<ThinKv>(config_of(params), common, context);
}

}  // namespace pagequest::kv
