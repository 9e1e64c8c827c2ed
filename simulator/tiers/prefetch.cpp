// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/tiers/prefetch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "base/check.h"
#include "base/error.h"
#include "base/named_text.h"

namespace pagequest::simulator {
namespace {

class None final : public PrefetchPolicy {
 public:
  [[nodiscard]] PrefetchPlan plan(const WaitingSession& /*session*/) const override { return {}; }
};

/// Exactly what the next prompt asks for, so that it arrives with the prompt if nothing else is on
/// the way.
class Oracle final : public PrefetchPolicy {
 public:
  [[nodiscard]] PrefetchPlan plan(const WaitingSession& session) const override {
    if (session.next_prompt.empty()) return {};
    const auto blocks = static_cast<std::int64_t>(session.next_prompt.size());
    return {.blocks = {session.next_prompt.begin(), session.next_prompt.end()},
            .start = -(session.transfer_latency + blocks * session.block_transfer)};
  }
};

/// The last blocks of the session, in the order of its prompt.
class Recency final : public PrefetchPolicy {
 public:
  Recency(std::size_t blocks, Nanoseconds ahead) : blocks_(blocks), ahead_(ahead) {}
  [[nodiscard]] PrefetchPlan plan(const WaitingSession& session) const override {
    const std::size_t all = session.blocks.size();
    const auto last = session.blocks.last(blocks_ == 0 ? all : std::min(blocks_, all));
    return {.blocks = {last.begin(), last.end()}, .start = -ahead_};
  }

 private:
  std::size_t blocks_;
  Nanoseconds ahead_;
};

/// The fewest blocks that got a share of the attention; nothing if it isn't known.
class Attention final : public PrefetchPolicy {
 public:
  Attention(double share, Nanoseconds ahead) : share_(share), ahead_(ahead) {}
  [[nodiscard]] PrefetchPlan plan(const WaitingSession& session) const override {
    const auto mass = session.attention;
    if (mass.empty()) return {};
    PQ_CHECK(mass.size() == session.blocks.size(), "each block has its attention mass");
    std::vector<std::size_t> order(mass.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return mass[a] > mass[b]; });
    PrefetchPlan plan{.blocks = {}, .start = -ahead_};
    double left = share_ * std::accumulate(mass.begin(), mass.end(), 0.0);
    for (std::size_t i = 0; i < order.size() && left > 0.0; ++i) {
      plan.blocks.push_back(session.blocks[order[i]]);
      left -= mass[order[i]];
    }
    return plan;
  }

 private:
  double share_;
  Nanoseconds ahead_;
};

[[noreturn]] void throw_out_of_range(std::string_view name, double found,
                                     const std::string& expected) {
  throw usage_error({.what = "bad " + std::string(name),
                     .where = "prefetch policy",
                     .found = std::to_string(found),
                     .expected = expected,
                     .hint = {}});
}

Nanoseconds ahead(const Params& params) {
  const double seconds = params.real("ahead");
  if (!(seconds >= 0.0 && seconds <= 1e6)) throw_out_of_range("ahead", seconds, "0 to 1e6 seconds");
  return static_cast<Nanoseconds>(std::llround(seconds * 1e9));
}

std::unique_ptr<PrefetchPolicy> make_none(const Params& /*params*/) {
  return std::make_unique<None>();
}
std::unique_ptr<PrefetchPolicy> make_oracle(const Params& /*params*/) {
  return std::make_unique<Oracle>();
}
std::unique_ptr<PrefetchPolicy> make_recency(const Params& params) {
  const std::int64_t blocks = params.integer("blocks");
  if (blocks < 0) throw_out_of_range("blocks", static_cast<double>(blocks), "0 (all) or more");
  return std::make_unique<Recency>(static_cast<std::size_t>(blocks), ahead(params));
}
std::unique_ptr<PrefetchPolicy> make_attention(const Params& params) {
  const double share = params.real("share");
  if (!(share > 0.0 && share <= 1.0)) throw_out_of_range("share", share, "above 0, at most 1");
  return std::make_unique<Attention>(share, ahead(params));
}

const ParamSpec kAhead{"ahead", 0.0, "seconds before the expected end of the wait; 0: at its end"};
const std::array kAttentionParams{
    kAhead, ParamSpec{"share", 0.9, "of the attention mass that the blocks got together"}};
const std::array kRecencyParams{
    kAhead, ParamSpec{"blocks", std::int64_t{0}, "how many of the last blocks; 0: all"}};

const std::array kPolicies{
    PrefetchEntry{"attention", "The blocks that got most attention", kAttentionParams,
                  make_attention},
    PrefetchEntry{"none", "Nothing: blocks come up when a prompt asks for them", {}, make_none},
    PrefetchEntry{"oracle", "What the next prompt asks for, just in time", {}, make_oracle},
    PrefetchEntry{"recency", "The last blocks of the session", kRecencyParams, make_recency},
};

}  // namespace

std::span<const PrefetchEntry> prefetch_policies() { return kPolicies; }

std::unique_ptr<PrefetchPolicy> make_prefetch_policy(const std::string& text) {
  const NamedText named = parse_named_text("prefetch policy", text);
  const PrefetchEntry& policy = entry_named("prefetch policy", named.name, prefetch_policies());
  return policy.make(
      Params("prefetch policy " + std::string(policy.name), policy.parameters, named.given));
}

}  // namespace pagequest::simulator
