// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_sink.h"
#include "base/ids.h"
#include "traces/header.h"
#include "traces/reader.h"

namespace pagequest::traces {

enum class Severity : std::uint8_t {
  note,   // the recording was cut short; what is there is sound
  error,  // the trace contradicts itself
};

/// An invariant of every trace.
struct Rule {
  std::string_view name;
  std::string_view description;
  Severity severity;
};
/// All rules, sorted by name.
[[nodiscard]] std::span<const Rule> check_rules();

/// A violation of a rule.
struct Finding {
  std::string_view rule;
  Severity severity = Severity::error;
  EpisodeId episode;       // -1: the whole file
  std::int32_t step = -1;  // last main step before; -1: none
  std::string message;
};

/// Checks the events of one episode after another. Of each rule and episode the first few findings
/// are kept, and a last one that counts the rest.
class EpisodeChecker final : public EventSink {
 public:
  explicit EpisodeChecker(const Header& header);
  ~EpisodeChecker() override;

  void on(const Event& event) override;
  /// The findings about the events since the last call. Ends the episode.
  [[nodiscard]] std::vector<Finding> take();

 private:
  struct State;
  Header header_;
  std::unique_ptr<State> state_;
};

/// Checks a whole trace; never throws Error for what it finds in it. `progress` is told how many
/// episodes have been checked; an empty function is allowed.
[[nodiscard]] std::vector<Finding> check_trace(
    const Reader& reader, const std::function<void(std::size_t)>& progress = {});

}  // namespace pagequest::traces
