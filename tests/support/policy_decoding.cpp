// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/policy_decoding.h"

#include <cmath>
#include <numeric>

namespace pagequest::testing {
namespace {

std::size_t planes_of(const DecodingShape& shape) {
  return static_cast<std::size_t>(shape.heads.layers * shape.heads.kv_heads);
}

/// Number of the scope that a plane belongs to: scopes are equal numbers of planes, in order.
std::int32_t scope_of(std::size_t plane, const kv::ScopedTokens& tokens, std::size_t planes) {
  return static_cast<std::int32_t>(plane) * tokens.scopes() / static_cast<std::int32_t>(planes);
}

}  // namespace

CapturedMasses drawn_masses(const DecodingShape& shape, std::int32_t steps) {
  CapturedMasses drawn{.planes = planes_of(shape),
                       .pages = static_cast<std::size_t>(shape.tokens / shape.page_size),
                       .mean = {},
                       .max = {}};
  Rng rng(5);
  for (std::int32_t step = 0; step < steps; ++step) {
    std::vector<float>& mean = drawn.mean.emplace_back(drawn.planes * drawn.pages);
    for (float& mass : mean) mass = static_cast<float>(std::exp(6.0 * rng.uniform()));
    std::vector<float>& max = drawn.max.emplace_back(mean);
    for (float& mass : max) mass *= static_cast<float>(1.0 + rng.uniform());
  }
  return drawn;
}

PolicyDecoding::PolicyDecoding(const kv::PolicySpec& spec, const DecodingShape& shape,
                               const CapturedMasses& captured, std::int32_t lag_steps)
    : shape_(shape),
      captured_(captured),
      controller_(spec, shape.page_size, lag_steps, shape.heads) {
  begin();
}

void PolicyDecoding::begin() {
  constexpr std::int32_t kResponse = 64;  // tokens
  controller_.observe(EpisodeBegan{EpisodeId{0}});
  for (std::int32_t first = 0; first + kResponse <= shape_.prompt; first += kResponse) {
    controller_.observe(ToolResponded{.episode = EpisodeId{0},
                                      .turn = 0,
                                      .cursor = first / kResponse,
                                      .call = {.first = first, .count = 0},
                                      .response = {.first = first, .count = kResponse},
                                      .tool = "open"});
  }
  prepare(shape_.prompt);
  observe();
  decide();
  kind_ = StepKind::decode;
  prepare(shape_.tokens - shape_.prompt);
  observe();
}

void PolicyDecoding::prepare(std::int32_t tokens) {
  ++step_;
  tokens_.assign(static_cast<std::size_t>(tokens), 7);
  list_pages(tokens);
  draw_keys(tokens);
  fill_rows();
}

void PolicyDecoding::list_pages(std::int32_t count) {
  const kv::LiveTokens& any = controller_.tokens().any();
  pages_.clear();
  for (std::int32_t page = 0; page < any.pages(); ++page) {
    const bool grows = (page + 1) * shape_.page_size > position_;
    if (grows || any.in_page(page) > 0) pages_.push_back(page);
  }
  const std::int32_t end = position_ + count;
  for (std::int32_t page = any.pages(); page * shape_.page_size < end; ++page) {
    pages_.push_back(page);
  }
}

void PolicyDecoding::draw_keys(std::int32_t count) {
  complete_pages_.clear();
  keys_.clear();
  if (!controller_.needs_keys()) return;
  const std::int32_t size = shape_.page_size;
  for (std::int32_t page = position_ / size; (page + 1) * size <= position_ + count; ++page) {
    complete_pages_.push_back(page);
    auto& key = keys_.emplace_back(planes_of(shape_) * static_cast<std::size_t>(shape_.head_dim));
    for (float& component : key) component = static_cast<float>(rng_.uniform()) - 0.5F;
  }
}

void PolicyDecoding::fill_rows() {
  mean_.resize(planes_of(shape_) * pages_.size());
  max_.resize(mean_.size());
  for (std::size_t plane = 0; plane < planes_of(shape_); ++plane) fill_row(plane);
}

void PolicyDecoding::fill_row(std::size_t plane) {
  const std::size_t turn = static_cast<std::size_t>(step_) % captured_.mean.size();
  const std::size_t from = plane % captured_.planes * captured_.pages;
  const std::size_t to = plane * pages_.size();
  const kv::ScopedTokens& tokens = controller_.tokens();
  const kv::LiveTokens& live = tokens.of(scope_of(plane, tokens, planes_of(shape_)));
  float sum = 0.0F;
  for (std::size_t i = 0; i < pages_.size(); ++i) {
    const std::int32_t page = pages_[i];
    const bool held = page >= live.pages() || live.in_page(page) > 0;
    const std::size_t at = from + static_cast<std::size_t>(page) % captured_.pages;
    mean_[to + i] = held ? captured_.mean[turn][at] : 0.0F;
    max_[to + i] = held ? captured_.max[turn][at] : 0.0F;
    sum += mean_[to + i];
  }
  for (std::size_t i = to; i < to + pages_.size(); ++i) {
    mean_[i] /= sum;
    max_[i] /= sum;
  }
}

void PolicyDecoding::observe() {
  const EpisodeId episode{0};
  controller_.observe(TokensFilled{.episode = episode,
                                   .thread = Thread::main,
                                   .kind = kind_,
                                   .step = step_,
                                   .iteration = step_,
                                   .first = position_,
                                   .tokens = tokens_});
  position_ += static_cast<std::int32_t>(tokens_.size());
  controller_.observe(PagesAttended{.episode = episode,
                                    .thread = Thread::main,
                                    .step = step_,
                                    .query_rows = 1,
                                    .layers = shape_.heads.layers,
                                    .kv_heads = shape_.heads.kv_heads,
                                    .pages = pages_,
                                    .mean = mean_,
                                    .max = max_});
  for (std::size_t i = 0; i < complete_pages_.size(); ++i) {
    controller_.observe(KeysBounded{.episode = episode,
                                    .thread = Thread::main,
                                    .step = step_,
                                    .page = complete_pages_[i],
                                    .layers = shape_.heads.layers,
                                    .kv_heads = shape_.heads.kv_heads,
                                    .head_dim = shape_.head_dim,
                                    .lowest = keys_[i],
                                    .highest = keys_[i]});
  }
}

std::size_t PolicyDecoding::decide() {
  const auto& victims = controller_.victims(kv::DecisionPoint::step_end);
  for (const kv::Victim& victim : victims) report(victim);
  for (const auto& change : controller_.take_requantised(EpisodeId{0}, step_, 0)) {
    controller_.observe(change);
  }
  return victims.size();
}

void PolicyDecoding::report(const kv::Victim& victim) {
  const auto [layer, kv_head] = victim.scope;
  const kv::LiveTokens& any = controller_.tokens().any();
  const std::int32_t held = any.in(victim.span);
  if (victim.scope != kv::Scope{}) {
    controller_.observe(HeadTokensEvicted{.episode = EpisodeId{0},
                                          .step = step_,
                                          .turn = 0,
                                          .layer = layer,
                                          .kv_head = kv_head,
                                          .span = victim.span,
                                          .tokens = victim.span.count});
    if (held == 0 || any.in(victim.span) > 0) return;
  }
  controller_.observe(TokensEvicted{
      .episode = EpisodeId{0}, .step = step_, .turn = 0, .span = victim.span, .tokens = held});
}

}  // namespace pagequest::testing
