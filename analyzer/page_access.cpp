// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/page_access.h"

#include <algorithm>
#include <numeric>

#include "analyzer/number_list.h"
#include "base/error.h"

namespace pagequest::analyzer {
namespace {

constexpr std::string_view kMassThresholds = "0.01,0.02,0.05,0.1,0.2";
constexpr std::string_view kTopThresholds = "0.5,0.8,0.9,0.95";

Error bad_choice(std::string_view parameter, const std::string& found, std::string_view expected) {
  return usage_error({.what = "bad value for parameter `" + std::string(parameter) + "`",
                      .where = {},
                      .found = "`" + found + "`",
                      .expected = std::string(expected),
                      .hint = {}});
}

/// True for `yes`, false for `no`.
bool choice(const Params& params, std::string_view parameter, std::string_view yes,
            std::string_view no) {
  const std::string& text = params.text(parameter);
  if (text == yes) return true;
  if (text == no) return false;
  throw bad_choice(parameter, text, "`" + std::string(yes) + "` or `" + std::string(no) + "`");
}

}  // namespace

std::string AccessDefinition::sentence() const {
  const std::string group = group_max ? "maximum" : "mean";
  std::string text = "Main-thread decode steps only. ";
  text += rule == AccessRule::mass
              ? "Access: a page whose attention mass (" + group +
                    " over the query heads of the KV head) is at least the threshold. "
              : "Access: the smallest set of pages that holds at least the threshold's share of "
                "the row's attention mass (" +
                    group + " over the query heads of the KV head). ";
  text += exclude_resident
              ? "Always-resident pages (page 0 and the page being written) are left out."
              : "Always-resident pages (page 0 and the page being written) are included.";
  return text;
}

std::vector<ParamSpec> with_access_params(std::vector<ParamSpec> own) {
  std::vector<ParamSpec> specs = {
      {"access", std::string("mass"),
       "what an access is: `mass`, a page whose attention mass reaches the threshold; `top`, the "
       "smallest set of pages that covers the threshold's share of the mass"},
      {"thresholds", std::string(),
       "comma-separated shares of a row's mass in (0, 1]; empty: 0.01,0.02,0.05,0.1,0.2 for "
       "`mass`, 0.5,0.8,0.9,0.95 for `top`"},
      {"group", std::string("mean"), "over the query heads of a KV head: `mean` or `max`"},
      {"resident", std::string("exclude"),
       "`exclude` or `include` page 0 and the page being written"},
  };
  specs.insert(specs.end(), own.begin(), own.end());
  return specs;
}

AccessDefinition access_definition(const Params& params) {
  AccessDefinition definition;
  definition.rule = choice(params, "access", "mass", "top") ? AccessRule::mass : AccessRule::top;
  definition.group_max = choice(params, "group", "max", "mean");
  definition.exclude_resident = choice(params, "resident", "exclude", "include");
  std::string thresholds = params.text("thresholds");
  if (thresholds.empty()) {
    thresholds = definition.rule == AccessRule::mass ? kMassThresholds : kTopThresholds;
  }
  constexpr double kLeast = 1e-9;  // 0 would make every page an access
  definition.thresholds = parse_ascending("thresholds", thresholds, kLeast, 1.0);
  return definition;
}

AccessSets::AccessSets(const AccessDefinition& definition)
    : definition_(definition), sets_(definition.thresholds.size()) {}

void AccessSets::take(const DecodeStep& step, std::int32_t stream) {
  const auto pages = step.pages(stream);
  const auto row = step.row(stream, definition_.group_max);
  if (definition_.rule == AccessRule::mass) {
    take_by_mass(pages, row);
  } else {
    take_top(pages, row);
  }
  for (auto& set : sets_) leave_out_resident(set, step);
}

void AccessSets::take_by_mass(std::span<const std::int32_t> pages, std::span<const float> row) {
  for (std::size_t t = 0; t < sets_.size(); ++t) {
    const double threshold = definition_.thresholds[t];
    auto& out = sets_[t].pages;
    out.resize(pages.size());
    // Written always, kept if accessed: a branch on noisy masses costs more than the store.
    std::size_t kept = 0;
    for (std::size_t i = 0; i < pages.size(); ++i) {
      out[kept] = pages[i];
      kept += static_cast<double>(row[i]) >= threshold ? 1U : 0U;
    }
    out.resize(kept);
  }
}

void AccessSets::take_top(std::span<const std::int32_t> pages, std::span<const float> row) {
  order_.resize(row.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::sort(order_.begin(), order_.end(), [row](std::size_t a, std::size_t b) {
    return row[a] != row[b] ? row[a] > row[b] : a < b;
  });
  const double total = std::accumulate(row.begin(), row.end(), 0.0);
  double covered = 0;
  std::size_t count = 0;
  for (std::size_t t = 0; t < sets_.size(); ++t) {
    while (count < order_.size() && covered < definition_.thresholds[t] * total) {
      covered += static_cast<double>(row[order_[count++]]);
    }
    auto& out = sets_[t].pages;
    out.clear();
    for (std::size_t i = 0; i < count; ++i) out.push_back(pages[order_[i]]);
    std::sort(out.begin(), out.end());
  }
}

void AccessSets::leave_out_resident(Set& set, const DecodeStep& step) const {
  set.resident = 0;
  if (!definition_.exclude_resident) return;
  const auto resident = [&step](std::int32_t page) { return step.is_resident(page); };
  set.resident = static_cast<std::int32_t>(std::erase_if(set.pages, resident));
}

}  // namespace pagequest::analyzer
