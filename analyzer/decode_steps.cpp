// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/decode_steps.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "base/error.h"

namespace pagequest::analyzer {
namespace {

/// Whether a first page a layer, if any, is one of the step's.
bool has_first_pages(const PagesAttended& attended) {
  const auto is_index = [&](std::int32_t first) {
    return first >= 0 && std::cmp_less_equal(first, attended.pages.size());
  };
  return attended.first_page.empty() ||
         (std::cmp_equal(attended.first_page.size(), attended.layers) &&
          std::all_of(attended.first_page.begin(), attended.first_page.end(), is_index));
}

std::string shape(std::int32_t layers, std::int32_t kv_heads) {
  return std::to_string(layers) + " layers x " + std::to_string(kv_heads) + " KV heads";
}

}  // namespace

std::span<const float> DecodeStep::row(std::int32_t stream, bool group_max) const {
  const auto masses = group_max ? attention->max : attention->mean;
  const std::size_t listed = attention->pages.size();
  const std::size_t hidden = hidden_pages(stream);
  return masses.subspan(static_cast<std::size_t>(stream) * listed + hidden, listed - hidden);
}

std::span<const std::int32_t> DecodeStep::pages(std::int32_t stream) const {
  return attention->pages.subspan(hidden_pages(stream));
}

std::size_t DecodeStep::hidden_pages(std::int32_t stream) const {
  if (attention->first_page.empty()) return 0;
  const std::int32_t layer = stream / attention->kv_heads;
  return static_cast<std::size_t>(attention->first_page[static_cast<std::size_t>(layer)]);
}

DecodeSteps::DecodeSteps(const traces::Header& header)
    : page_size_(header.page_size), layers_(header.layers), kv_heads_(header.kv_heads) {
  if (page_size_ > 0 && layers_ >= 0 && kv_heads_ >= 0) return;
  throw input_error(
      {.what = "the trace's header has no usable model shape",
       .where = "header",
       .found = shape(layers_, kv_heads_) + ", page size " + std::to_string(page_size_),
       .expected = "a positive page size; no layers if no attention was captured",
       .hint = {}});
}

std::optional<DecodeStep> DecodeSteps::observe(const Event& event) {
  if (const auto* filled = std::get_if<TokensFilled>(&event)) {
    if (filled->thread == Thread::main) {
      position_.reset();
      if (filled->kind == StepKind::decode) position_ = filled->first;
    }
    return std::nullopt;
  }
  const auto* attended = std::get_if<PagesAttended>(&event);
  if (attended == nullptr || attended->thread != Thread::main || !position_) return std::nullopt;
  const auto cells = static_cast<std::size_t>(streams()) * attended->pages.size();
  if (attended->layers != layers_ || attended->kv_heads != kv_heads_ ||
      attended->mean.size() != cells || attended->max.size() != cells ||
      !has_first_pages(*attended)) {
    throw input_error({.what = "an attention row does not have the header's shape",
                       .where = "episode " + std::to_string(attended->episode.value) + ", step " +
                                std::to_string(attended->step),
                       .found = shape(attended->layers, attended->kv_heads),
                       .expected = shape(layers_, kv_heads_),
                       .hint = "check the trace with `pagequest check`"});
  }
  return DecodeStep{*position_, *position_ / page_size_, attended};
}

}  // namespace pagequest::analyzer
