// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

namespace pagequest {

/// A number that names one kind of thing and does not mix with the numbers of another kind.
template <class Tag>
struct StrongId {
  std::int32_t value = -1;
  constexpr auto operator<=>(const StrongId&) const = default;
};

/// An agent episode of one recording; 0, 1, 2... in the order of the task's generator.
using EpisodeId = StrongId<struct EpisodeTag>;
/// A token sequence inside an engine (a main or an auxiliary thread); never reused in one engine.
using SequenceId = StrongId<struct SequenceTag>;
/// A physical page of a page pool.
using PageId = StrongId<struct PageTag>;

}  // namespace pagequest
