// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/derivation.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <utility>

#include "base/params.h"

namespace pagequest::agent {
namespace {

constexpr int kDigits = 10;
constexpr std::size_t kAsked = 3;
constexpr int kTries = 100;

constexpr std::array<DerivationSetting, 4> kSettings = {{
    {.name = "default", .inputs = {4, 6}, .instructions = {34, 40}, .checks = 0.2},
    {.name = "long", .inputs = {6, 8}, .instructions = {136, 150}, .checks = 0.2},
    {.name = "short", .inputs = {3, 4}, .instructions = {10, 14}, .checks = 0.2},
    {.name = "tiny", .inputs = {2, 3}, .instructions = {3, 6}, .checks = 0.3},
}};

/// Draws the instructions of one derivation.
class Drawing {
 public:
  Drawing(const DerivationSetting& setting, Reach reach, Rng rng)
      : setting_(setting), reach_(reach), rng_(rng), free_(kRegisters) {
    std::iota(free_.begin(), free_.end(), 0);
    rng_.shuffle(free_);
    out_.values.assign(kRegisters, -1);
  }

  /// Nothing if the pairs of words ran out, which happens to the shortest.
  std::optional<Derivation> draw() {
    const int inputs = rng_.between(setting_.inputs.low, setting_.inputs.high);
    for (int i = 0; i < inputs; ++i) add_input();
    const int count = rng_.between(setting_.instructions.low, setting_.instructions.high);
    for (int i = 0; i < count; ++i) {
      if (!add_instruction()) return {};
    }
    if (!ask()) return {};
    return std::move(out_);
  }

 private:
  int take_register() {
    const int taken = free_.back();
    free_.pop_back();
    return taken;
  }
  void write(int target, int value) {
    out_.values[static_cast<std::size_t>(target)] = value;
    written_.push_back(target);
  }
  void add_input() {
    const GivenValue given{take_register(), rng_.between(0, kDigits - 1)};
    out_.given.push_back(given);
    write(given.target, given.value);
  }
  [[nodiscard]] int value_of(const Operand& operand) const {
    return operand.is_digit ? operand.number
                            : out_.values[static_cast<std::size_t>(operand.number)];
  }

  /// Half of the far operands come from the last ten lines, so that short memories are of some use.
  int draw_written() {
    constexpr std::uint64_t kRecent = 10;
    const std::uint64_t count = written_.size();
    const std::uint64_t back = rng_.below(rng_.chance(0.5) ? std::min(count, kRecent) : count);
    return written_[count - 1 - back];
  }

  Instruction propose(int target) {
    Instruction next{.target = target, .left = {}, .right = {}, .checked = {}};
    if (reach_ == Reach::near) {
      next.left = {.number = written_.back()};
      // Not the left register's value: REGISTER VALUE has another successor.
      const int other = value_of(next.left) + rng_.between(1, kDigits - 1);
      next.right = {.number = other % kDigits, .is_digit = true};
    } else {
      next.left = {.number = draw_written()};
      next.right = {.number = draw_written()};
    }
    next.adds = rng_.chance(0.5);
    return next;
  }

  /// Whether the pairs (target, left) and (left, right) have no other successor; takes them if so.
  bool take_pairs(const Instruction& next) {
    const int left = next.left.number;
    const int right = next.right.is_digit ? kRegisters + next.right.number : next.right.number;
    if (left == right) return false;
    const std::pair<int, int> first{next.target, left};
    const std::pair<int, int> second{left, right};
    if (pairs_.contains(first) || pairs_.contains(second)) return false;
    pairs_.insert(first);
    pairs_.insert(second);
    return true;
  }

  bool add_instruction() {
    const int target = take_register();
    link_to(target);
    Instruction next = propose(target);
    int tries = 0;
    while (!take_pairs(next) && ++tries < kTries) next = propose(target);
    if (tries == kTries) return false;
    const int right = next.adds ? value_of(next.right) : kDigits - value_of(next.right);
    const auto before = out_.instructions.size();
    if (before >= 2 && rng_.chance(setting_.checks)) next.checked = draw_checked();
    out_.instructions.push_back(next);
    write(target, (value_of(next.left) + right) % kDigits);
    return true;
  }

  /// A line that was not checked yet; without far reach the last one.
  std::optional<int> draw_checked() {
    const int count = static_cast<int>(out_.instructions.size());
    const int line = reach_ == Reach::near ? count - 1 : rng_.between(0, count - 1);
    if (!checked_.insert(line).second) return {};
    return line;
  }

  /// Lines follow each other through `> TARGET NEXT` or `^ CHECKED NEXT`.
  void link_to(int target) {
    if (out_.instructions.empty()) return;
    const Instruction& before = out_.instructions.back();
    pairs_.insert({before.target, target});
    if (!before.checked) return;
    pairs_.insert({out_.instructions[static_cast<std::size_t>(*before.checked)].target, target});
  }

  /// The control asks for what its last lines have just written.
  bool ask() {
    for (int tries = 0; out_.asked.size() < kAsked && tries < kTries; ++tries) {
      const std::size_t back =
          reach_ == Reach::near ? 2 * out_.asked.size() : rng_.below(written_.size());
      const int asked = written_[written_.size() - 1 - back];
      if (reach_ == Reach::near || is_new_question(asked)) out_.asked.push_back(asked);
    }
    return out_.asked.size() == kAsked;
  }
  [[nodiscard]] bool is_new_question(int asked) const {
    if (std::ranges::find(out_.asked, asked) != out_.asked.end()) return false;
    return out_.asked.empty() || !pairs_.contains({out_.asked.back(), asked});
  }

  const DerivationSetting& setting_;
  Reach reach_;
  Rng rng_;
  std::vector<int> free_;
  std::vector<int> written_;
  std::set<std::pair<int, int>> pairs_;
  std::set<int> checked_;
  Derivation out_;
};

}  // namespace

const DerivationSetting& find_derivation_setting(std::string_view name) {
  std::vector<std::string> valid;
  for (const DerivationSetting& setting : kSettings) {
    if (setting.name == name) return setting;
    valid.emplace_back(setting.name);
  }
  throw_unknown_name("setting of a derivation", name, valid);
}

Derivation draw_derivation(const DerivationSetting& setting, Reach reach, Rng rng) {
  while (true) {
    if (auto drawn = Drawing(setting, reach, Rng(rng.next())).draw()) return *std::move(drawn);
  }
}

}  // namespace pagequest::agent
