// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/plan.h"

#include <algorithm>
#include <set>
#include <span>

#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

int draw(Range range, Rng& rng) { return rng.between(range.low, range.high); }

template <class T>
const T& pick(std::span<const T> items, Rng& rng) {
  return items[rng.below(items.size())];
}

std::vector<std::string> shuffled_entities(Rng& rng) {
  std::vector<std::string> names(entity_words().begin(), entity_words().end());
  rng.shuffle(names);
  return names;
}

/// A random rising sequence, so that no label and no position in the question is rare in training.
std::vector<int> rising_labels(int count, Rng& rng) {
  std::vector<int> labels(kLabels);
  for (int i = 0; i < kLabels; ++i) labels[static_cast<std::size_t>(i)] = i;
  rng.shuffle(labels);
  labels.resize(static_cast<std::size_t>(count));
  std::ranges::sort(labels);
  return labels;
}

/// An entity whose label is known, with the relations that the question has used up.
struct Source {
  int label = 0;
  std::set<std::string_view> used;
};

/// Draws the steps one by one. Sources wait in `pending_` until a step opens their document; then
/// they are in `opened_`, oldest first, and later steps may go back to them.
class PlanBuilder {
 public:
  PlanBuilder(const HopsSetting& setting, Rng& rng);
  Plan build();

 private:
  [[nodiscard]] bool can_go_back() const { return opened_.size() > 1; }
  void add_open();
  void add_back(StepKind kind);
  void add_compares(int count);
  void add_step(StepKind kind, Source& source);
  /// True with probability part / whole: spreads `part` events over `whole` draws.
  bool share(int part, int whole) { return part > 0 && rng_.between(1, whole) <= part; }
  std::string_view draw_relation(StepKind kind, bool link, Source& source);
  std::string draw_value(std::string_view relation, bool link);
  std::size_t draw_old();
  int next_label() { return labels_[next_label_++]; }
  int remaining_steps() const { return opens_left_ + backs_left_; }

  Rng& rng_;
  std::vector<std::string> names_;
  std::vector<int> labels_;
  std::size_t next_label_ = 0;
  int opens_left_ = 0;
  int backs_left_ = 0;
  int finds_left_ = 0;
  int links_left_ = 0;
  int compares_ = 0;
  std::vector<Source> pending_;
  std::vector<Source> opened_;
  std::vector<int> numbers_;  // labels of numeric leaves
  std::vector<int> leaves_;
  Plan plan_;
};

PlanBuilder::PlanBuilder(const HopsSetting& setting, Rng& rng)
    : rng_(rng), names_(shuffled_entities(rng)) {
  const int roots = draw(setting.roots, rng);
  opens_left_ = std::max(draw(setting.documents, rng), roots);
  backs_left_ = draw(setting.backs, rng);
  finds_left_ = std::min(draw(setting.finds, rng), backs_left_);
  links_left_ = opens_left_ - roots;
  compares_ = draw(setting.compares, rng);
  labels_ = rising_labels(roots + remaining_steps() + compares_, rng);
  for (int i = 0; i < roots; ++i) {
    plan_.roots.push_back({.label = next_label(), .entity = names_.back()});
    names_.pop_back();
    pending_.push_back({.label = plan_.roots.back().label, .used = {}});
  }
}

std::string_view PlanBuilder::draw_relation(StepKind kind, bool link, Source& source) {
  while (true) {
    // Within the loop: a source that many steps go back to may use up the number relations.
    const bool number = compares_ > 0 && rng_.chance(compares_ == 1 ? 0.4 : 0.85);
    const auto pool = kind == StepKind::find ? archive_relations()
                      : link                 ? link_relations()
                      : number               ? number_relations()
                                             : plain_relations();
    const std::string_view relation = pick(pool, rng_);
    if (source.used.insert(relation).second) return relation;
  }
}

std::string PlanBuilder::draw_value(std::string_view relation, bool link) {
  if (link) {
    std::string name = names_.back();
    names_.pop_back();
    return name;
  }
  if (std::ranges::find(number_relations(), relation) != number_relations().end())
    return number_word(static_cast<int>(rng_.below(kNumbers)));
  return std::string(pick(plain_values(), rng_));
}

void PlanBuilder::add_step(StepKind kind, Source& source) {
  // A link is due when no source is left to open; else links spread over the remaining steps.
  const bool forced = pending_.empty() && kind == StepKind::open;
  const bool link = kind != StepKind::find && links_left_ > 0 &&
                    (forced || share(links_left_, remaining_steps() + 1));
  const std::string_view relation = draw_relation(kind, link, source);
  plan_.steps.push_back({.kind = kind,
                         .label = next_label(),
                         .relation = relation,
                         .source = source.label,
                         .value = draw_value(relation, link)});
  const Step& step = plan_.steps.back();
  if (link) {
    --links_left_;
    pending_.push_back({.label = step.label, .used = {}});
  } else {
    leaves_.push_back(step.label);
    if (step.value[0] == 'n' && step.value.size() > 1 && step.value[1] <= '9')
      numbers_.push_back(step.label);
  }
}

void PlanBuilder::add_open() {
  const std::size_t at = rng_.below(pending_.size());
  Source source = pending_[at];
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(at));
  --opens_left_;
  add_step(StepKind::open, source);
  opened_.push_back(source);
}

/// A document that was gone back to before, if the coin says so; else an old one: the newest is
/// excluded, and of two draws the older wins. So few documents stay needed, and they do for long.
std::size_t PlanBuilder::draw_old() {
  const std::uint64_t bound = opened_.size() - 1;
  const std::size_t old = std::min(rng_.below(bound), rng_.below(bound));
  if (rng_.chance(0.05)) return old;
  for (std::size_t i = 0; i < bound; ++i)
    if (opened_[i].used.size() > 1) return i;
  return old;
}

void PlanBuilder::add_back(StepKind kind) {
  Source& source = opened_[draw_old()];
  --backs_left_;
  if (kind == StepKind::find) --finds_left_;
  add_step(kind, source);
}

void PlanBuilder::add_compares(int count) {
  for (; count > 0 && numbers_.size() >= 2; --count) {
    rng_.shuffle(numbers_);
    const int first = numbers_[0];
    const int second = numbers_[1];
    const bool max = rng_.chance(0.5);
    const auto rank = [this](int label) { return std::stoi(plan_.value_of(label).substr(1)); };
    const int value =
        max ? std::max(rank(first), rank(second)) : std::min(rank(first), rank(second));
    numbers_.erase(numbers_.begin(), numbers_.begin() + 2);
    std::erase_if(leaves_, [&](int leaf) { return leaf == first || leaf == second; });
    plan_.steps.push_back({.kind = StepKind::compare,
                           .label = next_label(),
                           .relation = max ? "<max>" : "<min>",
                           .source = first,
                           .other = second,
                           .value = number_word(value)});
    leaves_.push_back(plan_.steps.back().label);
  }
}

Plan PlanBuilder::build() {
  while (remaining_steps() > 0) {
    if (opens_left_ > 0 && !(can_go_back() && share(backs_left_, remaining_steps())))
      add_open();
    else
      add_back(share(finds_left_, backs_left_) ? StepKind::find : StepKind::back);
  }
  add_compares(compares_);
  std::ranges::sort(leaves_);
  plan_.asked = leaves_;
  return std::move(plan_);
}

}  // namespace

const std::string& Plan::value_of(int label) const {
  for (const Root& root : roots)
    if (root.label == label) return root.entity;
  return std::ranges::find(steps, label, &Step::label)->value;
}

int Plan::last_step_of(int source) const {
  int last = -1;
  for (const Step& step : steps)
    if (step.kind != StepKind::compare && step.source == source) last = step.label;
  return last;
}

int Plan::hops() const {
  std::map<int, int> depth;  // of a label; roots have none
  int deepest = 0;
  for (const Step& step : steps) {
    depth[step.label] = 1 + std::max(depth[step.source], step.other < 0 ? 0 : depth[step.other]);
    deepest = std::max(deepest, depth[step.label]);
  }
  return deepest;
}

Plan draw_plan(const HopsSetting& setting, Rng rng) { return PlanBuilder(setting, rng).build(); }

}  // namespace pagequest::agent
