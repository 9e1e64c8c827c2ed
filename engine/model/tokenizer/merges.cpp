// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/merges.h"

#include <limits>
#include <queue>
#include <tuple>

namespace pagequest::model::tokenizer {
namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::size_t kShort = 24;  // up to here rescanning all pairs is faster than a queue
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

std::uint64_t key_of(std::int32_t left, std::int32_t right) {
  return (std::uint64_t{static_cast<std::uint32_t>(left)} << 32U) |
         static_cast<std::uint32_t>(right);
}

/// A token in a doubly linked list.
struct Symbol {
  std::int32_t id = 0;
  std::size_t previous = kNone;
  std::size_t next = kNone;
  bool merged_away = false;
};

struct Candidate {
  std::uint32_t rank = 0;
  std::size_t left = 0;
  std::int32_t id = 0;
  bool operator>(const Candidate& other) const {
    return std::tie(rank, left) > std::tie(other.rank, other.left);
  }
};

using Queue = std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>>;

std::vector<Symbol> linked(const Ids& ids, std::size_t begin) {
  std::vector<Symbol> symbols(ids.size() - begin);
  for (std::size_t at = 0; at < symbols.size(); ++at) {
    symbols[at].id = ids[begin + at];
    if (at > 0) symbols[at].previous = at - 1;
    if (at + 1 < symbols.size()) symbols[at].next = at + 1;
  }
  return symbols;
}

void merge_with_next(std::vector<Symbol>& symbols, std::size_t left, std::int32_t id) {
  Symbol& symbol = symbols[left];
  Symbol& right = symbols[symbol.next];
  right.merged_away = true;
  symbol.id = id;
  symbol.next = right.next;
  if (symbol.next != kNone) symbols[symbol.next].previous = left;
}

}  // namespace

void Merges::add(std::int32_t left, std::int32_t right, Result result) {
  results_.insert_or_assign(key_of(left, right), result);
}

const Merges::Result* Merges::find(std::int32_t left, std::int32_t right) const {
  const auto found = results_.find(key_of(left, right));
  return found == results_.end() ? nullptr : &found->second;
}

void Merges::apply(Ids& ids, std::size_t begin) const {
  if (ids.size() - begin <= kShort) {
    apply_to_short(ids, begin);
  } else {
    apply_to_long(ids, begin);
  }
}

void Merges::apply_to_short(Ids& ids, std::size_t begin) const {
  while (true) {
    const Result* best = nullptr;
    std::size_t place = 0;
    for (std::size_t at = begin; at + 1 < ids.size(); ++at) {
      const Result* result = find(ids[at], ids[at + 1]);
      if (result == nullptr || (best != nullptr && best->rank <= result->rank)) continue;
      best = result;
      place = at;
    }
    if (best == nullptr) return;
    ids[place] = best->id;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

void Merges::apply_to_long(Ids& ids, std::size_t begin) const {
  std::vector<Symbol> symbols = linked(ids, begin);
  Queue queue;
  const auto propose = [&](std::size_t left) {
    if (left == kNone || symbols[left].next == kNone) return;
    const Result* result = find(symbols[left].id, symbols[symbols[left].next].id);
    if (result != nullptr) queue.push({result->rank, left, result->id});
  };
  for (std::size_t at = 0; at < symbols.size(); ++at) propose(at);
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    const Symbol& symbol = symbols[top.left];
    if (symbol.merged_away || symbol.next == kNone) continue;
    // The pair may have changed since it was proposed.
    const Result* result = find(symbol.id, symbols[symbol.next].id);
    if (result == nullptr || result->rank != top.rank) continue;
    merge_with_next(symbols, top.left, top.id);
    propose(symbol.previous);
    propose(top.left);
  }
  ids.resize(begin);
  for (const Symbol& symbol : symbols) {
    if (!symbol.merged_away) ids.push_back(symbol.id);
  }
}

}  // namespace pagequest::model::tokenizer
