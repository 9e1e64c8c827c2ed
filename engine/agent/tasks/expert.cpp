// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/expert.h"

#include <algorithm>
#include <map>

#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

/// `LABEL RELATION SOURCE is ENTITY RELATION`: the question step restated with its source resolved.
/// After a response the environment has written the label, so `with_label` is false.
void add_restated(Text& text, const Plan& plan, const Step& step, bool with_label) {
  if (with_label) text.add(label_word(step.label));
  text.add(step.relation, label_word(step.source), "is", plan.value_of(step.source), step.relation);
}

void add_note(Text& text, const Step& step) {
  text.add(label_word(step.label), "is", step.value, label_word(step.label), ";");
}

void add_comparison(Text& text, const Plan& plan, const Step& step) {
  const std::string first = label_word(step.source);
  const std::string second = label_word(step.other);
  text.add(label_word(step.label), step.relation, first, second, "is", plan.value_of(step.other));
  text.add("vs", first, "is", plan.value_of(step.source));
  add_note(text, step);
}

void add_answer(Text& text, const Plan& plan) {
  text.add("<answer>");
  for (const int label : plan.asked)
    text.add(label_word(label), "is", plan.value_of(label), label_word(label), ",");
  text.add("</answer>");
}

/// Collects segments; `thought_` is what the model has written since the last response.
class ExpertPlayer {
 public:
  ExpertPlayer(ExpertWorld& world, const Plan& plan) : world_(world), plan_(plan) {
    segments_.push_back({.role = Role::prompt, .text = world.prompt()});
  }
  std::vector<Segment> play();

 private:
  void open_document(const Step& step);
  void find_fact(const Step& step);
  ToolReply call(const std::string& text);

  ExpertWorld& world_;
  const Plan& plan_;
  std::vector<Segment> segments_;
  std::map<int, std::string> cursors_;  // source label -> cursor of its document
  Text thought_;
  int turn_ = 1;
};

ToolReply ExpertPlayer::call(const std::string& text) {
  thought_.add("<call>", text, "</call>");
  segments_.push_back({.role = Role::model, .turn = turn_, .text = thought_.str()});
  thought_ = Text();
  ToolReply reply = world_.call(text);
  segments_.push_back(
      {.role = Role::tool, .turn = turn_++, .cursor = reply.cursor, .text = reply.text});
  return reply;
}

void ExpertPlayer::open_document(const Step& step) {
  const std::string& entity = plan_.value_of(step.source);
  add_restated(thought_, plan_, step, true);
  const ToolReply hits = call("search " + label_word(step.label) + ' ' + entity);
  const auto words = split_words(hits.text);
  // The line of a hit starts with its title, right after ":" or ";" or filler; the name occurs
  // nowhere else before the tail.
  const std::string document(*(std::ranges::find(words, entity) + 1));
  thought_.add(document);
  cursors_[step.source] = std::to_string(call("open " + document).cursor);
  add_restated(thought_, plan_, step, false);
}

void ExpertPlayer::find_fact(const Step& step) {
  const std::string& entity = plan_.value_of(step.source);
  add_restated(thought_, plan_, step, true);
  call("find " + label_word(step.label) + ' ' + entity + " = " + cursors_[step.source] + ' ' +
       std::string(step.relation));
}

std::vector<Segment> ExpertPlayer::play() {
  for (const Step& step : plan_.steps) {
    if (step.kind == StepKind::compare) {
      add_comparison(thought_, plan_, step);
      continue;
    }
    if (step.kind == StepKind::open) open_document(step);
    if (step.kind == StepKind::back) add_restated(thought_, plan_, step, true);
    if (step.kind == StepKind::find) find_fact(step);
    thought_.add(step.value);
    add_note(thought_, step);
  }
  add_answer(thought_, plan_);
  segments_.push_back({.role = Role::model, .turn = turn_, .text = thought_.str()});
  return std::move(segments_);
}

/// Documents below the newest display, from the newest to the oldest.
void add_documents(Text& text, const Plan& plan, int turn, std::span<const Display> displays) {
  for (const Display& display : displays) {
    if (display.kind != Display::Kind::document) continue;
    text.add(std::to_string(display.cursor), label_word(display.source),
             label_word(plan.last_step_of(display.source)),
             display.last_use <= turn ? "drop" : "keep");
  }
}

}  // namespace

int needed_calls(const Plan& plan) {
  int calls = 0;
  for (const Step& step : plan.steps)
    calls += step.kind == StepKind::open ? 2 : step.kind == StepKind::find ? 1 : 0;
  return calls;
}

std::vector<Display> expert_displays(const Plan& plan) {
  std::vector<Display> displays;
  std::map<int, int> done;  // step label -> the turn whose thought concludes it
  const auto push = [&](Display::Kind kind, const Step& step) {
    const int turn = static_cast<int>(displays.size()) + 1;
    displays.push_back({kind, turn - 1, turn, turn + 1, step.source, step.label});
  };
  for (const Step& step : plan.steps) {
    if (step.kind == StepKind::open) {
      push(Display::Kind::hits, step);
      push(Display::Kind::document, step);
    }
    if (step.kind == StepKind::find) push(Display::Kind::found, step);
    done[step.label] = static_cast<int>(displays.size()) + 1;
  }
  for (Display& display : displays)
    if (display.kind == Display::Kind::document)
      display.last_use = done[plan.last_step_of(display.source)];
  return displays;
}

std::vector<Segment> play_expert(ExpertWorld& world, const Plan& plan) {
  return ExpertPlayer(world, plan).play();
}

std::string auxiliary_text(const Plan& plan, int turn, std::span<const int> open) {
  const std::vector<Display> all = expert_displays(plan);
  std::vector<Display> displays;  // newest first
  for (const int cursor : open)
    displays.insert(displays.begin(), all.at(static_cast<std::size_t>(cursor)));
  const std::string newest = std::to_string(displays.front().cursor);
  Text text;
  text.add(newest, ";", label_word(displays.front().step));
  displays.erase(displays.begin());
  add_documents(text, plan, turn, displays);
  text.add("base", newest, "{\"del_cursors\":[");
  std::string_view separator;
  for (const Display& display : displays) {
    if (display.last_use > turn) continue;
    if (!separator.empty()) text.add(separator);
    text.add(std::to_string(display.cursor));
    separator = ",";
  }
  return text.add("]}", "</aux>").str();
}

}  // namespace pagequest::agent
