// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/policies/played_case.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tests/unit/kv/events.h"

namespace pagequest::testing {
namespace {

/// (page): mean and maximum over a KV head's query heads of the mean over the captured rows.
struct Masses {
  std::vector<float> mean;
  std::vector<float> max;
};

class Player {
 public:
  Player(const ReferenceCase& reference, const kv::PolicySpec& spec)
      : input_(reference.input), controller_(spec, 1, 0, input_.shape) {}

  /// One forward pass over the tokens [first, end), whose last `rows` rows are captured.
  void step(std::int32_t first, std::int32_t end, std::int32_t rows, StepKind kind) {
    fill(controller_, step_, first, end - first, kind);
    if (controller_.needs_attention()) attend(end, rows);
    if (controller_.needs_keys()) {
      for (std::int32_t token = first; token < end; ++token) bound(token);
    }
    drop(end);
    ++step_;
  }

  [[nodiscard]] const Dropped& dropped() const { return dropped_; }

 private:
  [[nodiscard]] std::int32_t planes() const { return input_.shape.layers * input_.shape.kv_heads; }

  [[nodiscard]] std::int32_t scope_of(std::int32_t plane) const {
    return plane * controller_.tokens().scopes() / planes();
  }

  void attend(std::int32_t end, std::int32_t rows) {
    Tokens pages;
    for (std::int32_t token = 0; token < end; ++token) {
      if (controller_.tokens().any().in({token, 1}) > 0) pages.push_back(token);
    }
    Masses all;
    for (std::int32_t plane = 0; plane < planes(); ++plane) {
      const Masses masses = masses_of(plane, end, rows, pages);
      all.mean.insert(all.mean.end(), masses.mean.begin(), masses.mean.end());
      all.max.insert(all.max.end(), masses.max.begin(), masses.max.end());
    }
    controller_.observe(PagesAttended{.episode = EpisodeId{0},
                                      .thread = Thread::main,
                                      .step = step_,
                                      .query_rows = rows,
                                      .layers = input_.shape.layers,
                                      .kv_heads = input_.shape.kv_heads,
                                      .pages = pages,
                                      .mean = all.mean,
                                      .max = all.max});
  }

  [[nodiscard]] Masses masses_of(std::int32_t plane, std::int32_t end, std::int32_t rows,
                                 const Tokens& pages) const {
    Tokens held;
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < pages.size(); ++i) {
      if (controller_.tokens().of(scope_of(plane)).in({pages[i], 1}) == 0) continue;
      held.push_back(pages[i]);
      at.push_back(i);
    }
    Masses masses{std::vector<float>(pages.size(), 0.0F), std::vector<float>(pages.size(), 0.0F)};
    for (std::int32_t member = 0; member < input_.group; ++member) {
      const std::vector<float> row = mean_row(plane, member, end, rows, held);
      for (std::size_t i = 0; i < held.size(); ++i) {
        masses.mean[at[i]] += row[i] / static_cast<float>(input_.group);
        masses.max[at[i]] = std::max(masses.max[at[i]], row[i]);
      }
    }
    return masses;
  }

  [[nodiscard]] std::vector<float> mean_row(std::int32_t plane, std::int32_t member,
                                            std::int32_t end, std::int32_t rows,
                                            const Tokens& held) const {
    std::vector<float> mean(held.size(), 0.0F);
    for (std::int32_t query = end - rows; query < end; ++query) {
      const std::vector<float> row = input_.attention(plane, member, query, held);
      for (std::size_t i = 0; i < held.size(); ++i) mean[i] += row[i] / static_cast<float>(rows);
    }
    return mean;
  }

  void bound(std::int32_t token) {
    std::vector<float> keys;
    for (std::int32_t plane = 0; plane < planes(); ++plane) {
      const auto key = input_.key(plane, token);
      keys.insert(keys.end(), key.begin(), key.end());
    }
    controller_.observe(KeysBounded{.episode = EpisodeId{0},
                                    .thread = Thread::main,
                                    .step = step_,
                                    .page = token,
                                    .layers = input_.shape.layers,
                                    .kv_heads = input_.shape.kv_heads,
                                    .head_dim = input_.head_dim,
                                    .lowest = keys,
                                    .highest = keys});
  }

  void drop(std::int32_t length) {
    const auto scopes = static_cast<std::size_t>(controller_.tokens().scopes());
    std::vector<Tokens> gone(scopes);
    for (const kv::Victim& victim : controller_.victims(kv::DecisionPoint::step_end)) {
      const auto scope = kv::scope_number(controller_.sharing(), input_.shape, victim.scope);
      gone[static_cast<std::size_t>(scope)].push_back(victim.span.first);
      if (controller_.sharing() != kv::Sharing::all) {
        evicted_from(controller_, victim.scope, victim.span);
      }
      if (scopes == 1 || controller_.tokens().any().in(victim.span) == 0) {
        evicted(controller_, victim.span);
      }
    }
    for (Tokens& positions : gone) std::ranges::sort(positions);
    if (std::ranges::any_of(gone, [](const auto& some) { return !some.empty(); })) {
      dropped_.emplace(length, std::move(gone));
    }
  }

  const ReferenceInput& input_;
  kv::EvictionController controller_;
  std::int32_t step_ = 0;
  Dropped dropped_;
};

}  // namespace

Dropped played(const ReferenceCase& reference, const kv::PolicySpec& spec,
               std::int32_t prompt_rows) {
  Player player(reference, spec);
  const std::int32_t rows = prompt_rows > 0 ? prompt_rows : reference.prompt;
  player.step(0, reference.prompt, rows, StepKind::prefill);
  for (std::int32_t token = reference.prompt; token < reference.tokens; ++token) {
    player.step(token, token + 1, 1, StepKind::decode);
  }
  return player.dropped();
}

}  // namespace pagequest::testing
