// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/hops_world.h"

#include <algorithm>

#include "engine/agent/tasks/expert.h"
#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_relation(std::string_view word) {
  const std::vector<std::string> relations = relation_words();
  return std::ranges::find(relations, word) != relations.end();
}

class HopsSource final : public TaskSource {
 public:
  explicit HopsSource(const TaskInputs& inputs) : setting_(inputs.setting), seed_(inputs.seed) {}
  [[nodiscard]] std::unique_ptr<World> make(std::uint64_t index) const override {
    return make_hops(setting_, seed_, index);
  }

 private:
  std::string setting_;
  std::uint64_t seed_;
};

}  // namespace

HopsWorld::HopsWorld(const HopsSetting& setting, std::uint64_t seed, std::uint64_t index)
    : setting_(setting),
      seed_(seed),
      index_(index),
      plan_(draw_plan(setting, Rng(seed, index))),
      documents_(setting, plan_, mix64(seed) ^ mix64(~index)) {}

std::string HopsWorld::prompt() const {
  Text text;
  text.add("<s>", "<obs>", "base", "<q>");  // "base": where counting cursors downwards ends
  for (const Root& root : plan_.roots) text.add(label_word(root.label), "is", root.entity, ";");
  text.add("<start>", ";");
  for (const Step& step : plan_.steps) {
    text.add(label_word(step.label), step.relation, label_word(step.source));
    if (step.kind == StepKind::compare)
      text.add(label_word(step.other));
    else if (plan_.last_step_of(step.source) != step.label)
      text.add("<more>");  // so only the last mention of a source is followed by a label
    text.add(label_word(step.label), ";");
  }
  text.add("<answer>");
  for (const int label : plan_.asked) text.add(label_word(label), ",");
  return text.add("</answer>", "</q>", "<start>", ";").str();
}

ToolReply HopsWorld::error() const { return {false, -1, "<obs> error </obs> ; " + label_}; }

ToolReply HopsWorld::call(std::string_view call_text) {
  if (++calls_ > needed_calls() + kSpareCalls || next_cursor_ >= kCursors) return error();
  const auto words = split_words(call_text);
  if (words.size() == 3 && words[0] == "search") return search(words[1], words[2]);
  if (words.size() == 2 && words[0] == "open") return open(words[1]);
  if (words.size() == 6 && words[0] == "find" && words[3] == "=")
    return find(words[1], words[2], words[4], words[5]);
  return error();
}

ToolReply HopsWorld::search(std::string_view label, std::string_view entity) {
  if (!is_one_of(entity_words(), entity)) return error();
  label_ = label;
  const std::vector<Hit> hits = documents_.hits(entity);
  for (const Hit& hit : hits) listed_[hit.document] = hit.entity;
  return display(documents_.show_hits(hits, next_cursor_, label, entity));
}

ToolReply HopsWorld::open(std::string_view document) {
  const auto found = listed_.find(std::string(document));
  if (found == listed_.end() || !opened_.insert(found->second).second) return error();
  shown_[found->second] = next_cursor_;
  return display(documents_.show_document(found->second, next_cursor_, label_));
}

ToolReply HopsWorld::find(std::string_view label, std::string_view entity, std::string_view cursor,
                          std::string_view relation) {
  const auto shown = shown_.find(std::string(entity));
  if (shown == shown_.end() || std::to_string(shown->second) != cursor || !is_relation(relation))
    return error();
  return display(documents_.show_found(entity, relation, next_cursor_, label));
}

Grade HopsWorld::grade(std::string_view answer_text) const {
  Text expected;
  for (const int label : plan_.asked)
    expected.add(label_word(label), "is", plan_.value_of(label), label_word(label), ",");
  std::vector<std::string_view> words = split_words(answer_text);
  const bool correct = words == split_words(expected.str());
  return {.correct = correct, .strict = correct && calls_ <= needed_calls()};
}

int HopsWorld::needed_calls() const { return agent::needed_calls(plan_); }

std::vector<Segment> HopsWorld::expert() const {
  HopsWorld fresh(setting_, seed_, index_);
  return play_expert(fresh, plan_);
}

std::vector<int> HopsWorld::expired_cursors(int turn) const {
  std::vector<int> expired;
  for (const Display& display : expert_displays(plan_))
    if (display.turn <= turn && display.last_use <= turn) expired.push_back(display.cursor);
  return expired;
}

std::string HopsWorld::auxiliary(int turn, std::span<const int> open) const {
  return auxiliary_text(plan_, turn, open);
}

std::unique_ptr<ExpertWorld> make_hops(std::string_view setting, std::uint64_t seed,
                                       std::uint64_t index) {
  return std::make_unique<HopsWorld>(find_hops_setting(setting), seed, index);
}

std::unique_ptr<TaskSource> open_hops(const TaskInputs& inputs,
                                      const model::Tokenizer& /*tokenizer*/) {
  return std::make_unique<HopsSource>(inputs);
}

}  // namespace pagequest::agent
