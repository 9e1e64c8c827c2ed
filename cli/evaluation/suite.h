// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pagequest::cli {

struct CustomTask;

/// On which tasks of a suite a policy is compared.
enum class Plays : std::uint8_t {
  everywhere,
  with_tools,     // it has nothing to drop where no tool responds
  without_tools,  // where the model only thinks
};

/// A policy as an evaluation compares it.
struct SuitePolicy {
  std::string label;
  std::string policy;  // a registered one, or kHindsight
  std::map<std::string, std::string> params = {};
  bool budgeted = true;
  Plays plays = Plays::everywhere;
  std::int32_t page_size = 16;  // tokens
  std::string only_task = {};   // of the suite; empty: all of them
  // Of an ablation: the class whose tokens go, how many of them, and the labels of the policies
  // that drop as many of other classes for comparison.
  std::string ablated = {};
  std::int32_t ablated_tokens = 0;
  std::vector<std::string> controls = {};
};

/// A task as an evaluation plays it.
struct SuiteTask {
  std::string task;
  std::string setting;
  std::string model;                         // folder beside that of the first task's model
  std::vector<std::int32_t> budgets_tokens;  // ascending
  bool has_tools;
};

struct Suite {
  std::string_view name;
  std::string_view description;  // one line
  std::int32_t episodes;         // of each cell
  std::vector<SuiteTask> tasks;
  std::vector<SuitePolicy> policies;
};

/// Names of the suites, sorted.
[[nodiscard]] std::vector<std::string> suite_names();

/// Throws usage_error that lists the valid names.
[[nodiscard]] Suite suite_named(std::string_view name);

/// One policy with one budget on one task.
struct CellSpec {
  SuiteTask task;
  SuitePolicy policy;
  std::int32_t budget_tokens = 0;  // 0: the policy takes none
  std::uint64_t seed = 0;
  std::int32_t episodes = 0;
  std::shared_ptr<const CustomTask> custom = nullptr;  // none: a suite's task

  /// Unique among the cells of a suite and a seed; also its file's name.
  [[nodiscard]] std::string name() const;
};

/// Every cell of a suite, task by task.
[[nodiscard]] std::vector<CellSpec> cells_of(const Suite& suite, std::uint64_t seed,
                                             std::int32_t episodes);

}  // namespace pagequest::cli
