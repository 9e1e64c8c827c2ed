// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/analysis.h"
#include "analyzer/registry.h"
#include "base/events.h"
#include "traces/header.h"

/// Events written by hand: one layer, one KV head, pages of 4 tokens.
namespace pagequest::testing {

inline constexpr std::int32_t kMiniPageSize = 4;

inline traces::Header mini_header() {
  traces::Header header;
  header.policy = "full";
  header.page_size = kMiniPageSize;
  header.layers = 1;
  header.query_heads = 2;
  header.kv_heads = 1;
  return header;
}

inline std::unique_ptr<analyzer::Analysis> make_analysis(
    std::string_view name, const std::map<std::string, std::string>& params,
    const traces::Header& header = mini_header()) {
  const auto& entry = analyzer::find_analysis(name);
  return entry.make(Params(entry.name, entry.params(), params), header);
}

class MiniTrace {
 public:
  explicit MiniTrace(analyzer::Analysis& analysis) : analysis_(analysis) {}

  void begin(std::int32_t episode) {
    id_ = EpisodeId{episode};
    step_ = 0;
    analysis_.observe(EpisodeBegan{id_});
  }
  void fill(std::int32_t first, std::int32_t count, Thread thread = Thread::main) {
    const std::vector<std::int32_t> tokens(static_cast<std::size_t>(count), 7);
    analysis_.observe(TokensFilled{id_, thread, StepKind::prefill, step_++, 0, first, tokens});
  }
  /// A decode step at `position` whose masses on pages 0, 1, 2... are given; a negative mass means
  /// that the page has no live token.
  void decode(std::int32_t position, const std::vector<float>& masses,
              Thread thread = Thread::main) {
    const std::vector<std::int32_t> token = {7};
    analysis_.observe(TokensFilled{id_, thread, StepKind::decode, step_, 0, position, token});
    std::vector<std::int32_t> pages;
    std::vector<float> live;
    for (std::size_t page = 0; page < masses.size(); ++page) {
      if (masses[page] < 0) continue;
      pages.push_back(static_cast<std::int32_t>(page));
      live.push_back(masses[page]);
    }
    analysis_.observe(PagesAttended{id_, thread, step_, 1, 1, 1, pages, live, live});
    ++step_;
  }
  void send(const Event& event) { analysis_.observe(event); }
  [[nodiscard]] EpisodeId id() const { return id_; }
  void end(EpisodeEnded totals = {}) {
    totals.episode = id_;
    analysis_.observe(totals);
  }

 private:
  analyzer::Analysis& analysis_;
  EpisodeId id_;
  std::int32_t step_ = 0;
};

inline const ResultTable& table(const std::vector<ResultTable>& tables, std::string_view name) {
  for (const auto& table : tables) {
    if (table.name() == name) return table;
  }
  throw std::out_of_range("no table " + std::string(name));
}

}  // namespace pagequest::testing
