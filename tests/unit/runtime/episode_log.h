// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {

/// What happened to one thread of an episode, whenever it did.
struct ThreadLog {
  std::vector<RecordedStep> steps;  // iteration is 0
  std::vector<std::tuple<std::int32_t, std::int32_t, std::int32_t, std::int32_t>>
      evicted;                                               // (step, first, count, tokens)
  std::vector<std::pair<std::int32_t, std::int32_t>> freed;  // (step, page)
  bool operator==(const ThreadLog&) const = default;
};

using EpisodeLogs = std::map<std::pair<EpisodeId, Thread>, ThreadLog>;

/// Sorts events by thread, so that runs whose threads took turns differently can be compared.
class LogSink final : public EventSink {
 public:
  void on(const Event& event) override {
    recorder_.on(event);
    std::visit(Overloaded{[this](const TokensFilled& e) {
                            episodes[{e.episode, e.thread}].steps.emplace_back();
                            keep_step(e.episode, e.thread);
                          },
                          [this](const PagesAttended& e) { keep_step(e.episode, e.thread); },
                          [this](const KeysRead& e) { keep_step(e.episode, e.thread); },
                          [this](const TokensEvicted& e) {
                            episodes[{e.episode, Thread::main}].evicted.emplace_back(
                                e.step, e.span.first, e.span.count, e.tokens);
                          },
                          [this](const PageFreed& e) {
                            episodes[{e.episode, e.thread}].freed.emplace_back(e.step, e.page);
                          },
                          [](const auto&) {}},
               event);
  }

  EpisodeLogs episodes;

 private:
  void keep_step(EpisodeId episode, Thread thread) {
    RecordedStep& step = episodes[{episode, thread}].steps.back();
    step = recorder_.steps.back();
    step.iteration = 0;
  }

  RecordingSink recorder_;
};

}  // namespace pagequest::runtime::test
