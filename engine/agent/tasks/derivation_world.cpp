// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/derivation_world.h"

#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

constexpr std::int32_t kSpareTokens = 64;  // a derivation that went astray does not come back

using Maker = std::unique_ptr<ExpertWorld> (*)(std::string_view setting, std::uint64_t seed,
                                               std::uint64_t index);

class DerivationSource final : public TaskSource {
 public:
  DerivationSource(const TaskInputs& inputs, Maker maker)
      : setting_(inputs.setting), seed_(inputs.seed), maker_(maker) {}
  [[nodiscard]] std::unique_ptr<World> make(std::uint64_t index) const override {
    return maker_(setting_, seed_, index);
  }

 private:
  std::string setting_;
  std::uint64_t seed_;
  Maker maker_;
};

}  // namespace

DerivationWorld::DerivationWorld(const DerivationSetting& setting, Reach reach, std::uint64_t seed,
                                 std::uint64_t index)
    : derivation_(draw_derivation(setting, reach, Rng(seed, index))),
      max_tokens_(static_cast<std::int32_t>(split_words(derivation_text(derivation_)).size()) +
                  kSpareTokens) {}

std::string DerivationWorld::prompt() const { return derivation_prompt(derivation_); }

ToolReply DerivationWorld::call(std::string_view /*call_text*/) { return {}; }

Grade DerivationWorld::grade(std::string_view answer_text) const {
  const bool correct = split_words(answer_text) == split_words(derivation_answer(derivation_));
  return {.correct = correct, .strict = correct};
}

int DerivationWorld::hops() const { return static_cast<int>(derivation_.instructions.size()); }

std::vector<Segment> DerivationWorld::expert() const {
  return {{.role = Role::prompt, .text = prompt()},
          {.role = Role::model, .turn = 1, .text = derivation_text(derivation_)}};
}

std::string DerivationWorld::auxiliary(int /*turn*/, std::span<const int> /*open*/) const {
  return {};
}

std::unique_ptr<ExpertWorld> make_cot(std::string_view setting, std::uint64_t seed,
                                      std::uint64_t index) {
  return std::make_unique<DerivationWorld>(find_derivation_setting(setting), Reach::far, seed,
                                           index);
}

std::unique_ptr<ExpertWorld> make_direct(std::string_view setting, std::uint64_t seed,
                                         std::uint64_t index) {
  return std::make_unique<DerivationWorld>(find_derivation_setting(setting), Reach::near, seed,
                                           index);
}

std::unique_ptr<TaskSource> open_cot(const TaskInputs& inputs,
                                     const model::Tokenizer& /*tokenizer*/) {
  return std::make_unique<DerivationSource>(inputs, make_cot);
}

std::unique_ptr<TaskSource> open_direct(const TaskInputs& inputs,
                                        const model::Tokenizer& /*tokenizer*/) {
  return std::make_unique<DerivationSource>(inputs, make_direct);
}

}  // namespace pagequest::agent
