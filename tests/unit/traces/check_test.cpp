// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/check.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/traces/broken_streams.h"

// Every case plants one violation in a valid stream and expects the rule's name.

using namespace pagequest;
using namespace pagequest::testing;
using traces::OwnedEvent;

namespace {

bool is_main(const TokensFilled& filled) { return filled.thread == Thread::main; }

/// Rules broken by an episode whose heads lose the tokens 8 to 15 one after the other in the steps
/// 10 to 13; `keep` may change an event, or leave it out.
std::set<std::string> findings_with_head_evictions(const std::function<bool(Event&)>& keep) {
  const SyntheticOptions options{.episodes = 1, .turns = 6, .captures = {.head_evictions = true}};
  traces::Header header = testing::synthetic_header(options);
  header.captures.requantisations = true;
  traces::EpisodeChecker checker(header);
  class Filter final : public EventSink {
   public:
    Filter(EventSink& next, const std::function<bool(Event&)>& kept) : next_(next), keep_(kept) {}
    void on(const Event& event) override {
      Event copy = event;
      if (keep_(copy)) next_.on(copy);
    }

   private:
    EventSink& next_;
    const std::function<bool(Event&)>& keep_;
  } filter(checker, keep);
  std::int32_t step = -1;
  testing::emit_synthetic_trace(options, filter, [&step](EpisodeId, bool boundary) {
    std::vector<kv::Victim> victims;
    if (boundary || ++step < 10 || step > 13) return victims;
    const std::int32_t plane = step - 10;
    victims.push_back({{8, 8}, {.layer = plane / 2, .kv_head = plane % 2}});
    return victims;
  });
  std::set<std::string> rules;
  for (const auto& finding : checker.take()) rules.emplace(finding.rule);
  return rules;
}

}  // namespace

TEST_CASE("a valid stream has no findings") {
  const auto captures = GENERATE(testing::SyntheticCaptures{}, testing::all_captures(),
                                 testing::SyntheticCaptures{.windows = {24, 9}});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const SyntheticOptions options{.episodes = 1, .turns = 12, .seed = seed, .captures = captures};
    traces::EpisodeChecker checker(testing::synthetic_header(options));
    testing::emit_synthetic_trace(options, checker);
    CHECK(checker.take().empty());
  }
}

TEST_CASE("the valid stream has every kind of event that the cases below change") {
  const Stream stream = valid_stream();
  std::set<std::size_t> kinds;
  for (const auto& event : stream) kinds.insert(event.view().index());
  CHECK(kinds.size() == std::variant_size_v<Event> - 1);  // all but HeadTokensEvicted
}

TEST_CASE("an episode that doesn't begin, doesn't end or does so twice breaks `episode`") {
  CHECK(breaks(without<EpisodeBegan>(0), "episode"));
  CHECK(breaks(without<EpisodeEnded>(0), "episode"));
  CHECK(breaks(doubled<EpisodeBegan>(0), "episode"));
  CHECK(breaks(doubled<EpisodeEnded>(0), "episode"));
}

TEST_CASE("a missing or shifted fill breaks `positions`") {
  CHECK(breaks(without<TokensFilled>(7, is_main), "positions"));
  CHECK(breaks(changed<TokensFilled>(7, [](auto& e) { ++e.first; }), "positions"));
}

TEST_CASE("a step out of order breaks `steps`") {
  CHECK(breaks(changed<TokensFilled>(9, [](auto& e) { ++e.step; }), "steps"));
  CHECK(breaks(changed<TokensFilled>(9, [](auto& e) { e.iteration = 0; }), "steps"));
  CHECK(breaks(changed<TokensEvicted>(0, [](auto& e) { --e.step; }), "steps"));
  CHECK(breaks(changed<AuxForked>(0, [](auto& e) { --e.step; }), "steps"));
}

TEST_CASE("a decode step of several tokens breaks `steps`") {
  const auto is_prefill = [](const TokensFilled& e) { return e.kind == StepKind::prefill; };
  CHECK(breaks(changed<TokensFilled>(
                   0, [](auto& e) { e.kind = StepKind::decode; }, is_prefill),
               "steps"));
}

TEST_CASE("a turn that is skipped breaks `turns`") {
  CHECK(breaks(without<TurnBegan>(3), "turns"));
  CHECK(breaks(changed<TurnBegan>(0, [](auto& e) { e.turn = 1; }), "turns"));
}

TEST_CASE("a cursor that comes again breaks `cursors`") {
  const auto worked = [](const ToolResponded& e) { return e.cursor >= 0; };
  CHECK(breaks(changed<ToolResponded>(
                   2, [](auto& e) { e.cursor = 0; }, worked),
               "cursors"));
}

TEST_CASE("a response that overlaps its call or lies behind the episode breaks `tools`") {
  CHECK(
      breaks(changed<ToolResponded>(1, [](auto& e) { e.response.first = e.call.first; }), "tools"));
  CHECK(breaks(changed<ToolResponded>(8, [](auto& e) { e.response.count = 1 << 20; }), "tools"));
}

TEST_CASE("an eviction of dead or future tokens or with a wrong count breaks `evictions`") {
  CHECK(breaks(changed<TokensEvicted>(0, [](auto& e) { --e.tokens; }), "evictions"));
  CHECK(breaks(doubled<TokensEvicted>(0), "evictions"));
  CHECK(breaks(changed<TokensEvicted>(0, [](auto& e) { e.span.count = 1 << 20; }), "evictions"));
}

TEST_CASE("a page that is freed early, twice or never breaks `pages-freed`") {
  CHECK(breaks(without<PageFreed>(0), "pages-freed"));
  CHECK(breaks(doubled<PageFreed>(0), "pages-freed"));
  CHECK(breaks(changed<PageFreed>(0, [](auto& e) { e.page = 0; }), "pages-freed"));
}

TEST_CASE("attention on an evicted page or none on a live page breaks `live-pages`") {
  CHECK(breaks(without<TokensEvicted>(0), "pages-freed"));
  Stream stream = valid_stream();
  const std::size_t eviction = find<TokensEvicted>(stream, 0);
  std::size_t attended = eviction;
  while (!std::holds_alternative<PagesAttended>(stream[attended].view())) --attended;
  const Event before = stream[attended].view();
  attended = eviction;
  while (!std::holds_alternative<PagesAttended>(stream[attended].view())) ++attended;
  Event after = stream[attended].view();
  std::get<PagesAttended>(after).pages = std::get<PagesAttended>(before).pages;
  stream[attended] = OwnedEvent(after);
  CHECK(breaks(stream, "live-pages"));
  CHECK(breaks(changed<PagesAttended>(5, [](auto& e) { e.pages = e.pages.subspan(1); }),
               "live-pages"));
}

TEST_CASE("attention of another step or of too many rows breaks `attention-step`") {
  CHECK(breaks(changed<PagesAttended>(5, [](auto& e) { ++e.step; }), "attention-step"));
  CHECK(breaks(doubled<PagesAttended>(5), "attention-step"));
  CHECK(breaks(changed<PagesAttended>(5, [](auto& e) { e.query_rows = 0; }), "attention-step"));
  CHECK(breaks(changed<PagesAttended>(5, [](auto& e) { e.query_rows = 99; }), "attention-step"));
}

TEST_CASE("a row of masses that doesn't sum to 1 breaks `mass-sum`") {
  std::vector<float> masses;
  const auto shrink = [&masses](float by) {
    return [&masses, by](PagesAttended& e) {
      masses.assign(e.mean.begin(), e.mean.end());
      masses.front() -= by;
      e.mean = masses;
    };
  };
  CHECK(breaks(changed<PagesAttended>(4, shrink(3e-4F)), "mass-sum"));
  CHECK(breaks(changed<PagesAttended>(4, shrink(std::numeric_limits<float>::quiet_NaN())),
               "mass-sum"));
  CHECK_FALSE(breaks(changed<PagesAttended>(4, shrink(1e-5F)), "mass-sum"));
}

TEST_CASE("a maximum below its mean or above 1 breaks `mass-max`") {
  std::vector<float> masses;
  const auto set = [&masses](float value) {
    return [&masses, value](PagesAttended& e) {
      masses.assign(e.max.begin(), e.max.end());
      masses.front() = value;
      e.max = masses;
    };
  };
  CHECK(breaks(changed<PagesAttended>(4, set(0.0F)), "mass-max"));
  CHECK(breaks(changed<PagesAttended>(4, set(1.1F)), "mass-max"));
  CHECK_FALSE(breaks(changed<PagesAttended>(4, set(1.0F)), "mass-max"));
}

TEST_CASE("forks and joins that don't pair or don't fit break `aux`") {
  CHECK(breaks(without<AuxForked>(0), "aux"));
  CHECK(breaks(without<AuxJoined>(0), "aux"));
  CHECK(breaks(doubled<AuxForked>(0), "aux"));
  CHECK(breaks(changed<AuxForked>(0, [](auto& e) { ++e.fork_point; }), "aux"));
  CHECK(breaks(changed<AuxForked>(0, [](auto& e) { ++e.shared_pages; }), "aux"));
  CHECK(breaks(changed<AuxJoined>(0, [](auto& e) { ++e.tokens; }), "aux"));
  const std::vector<std::int32_t> unknown{99};
  CHECK(breaks(changed<AuxJoined>(0, [&](auto& e) { e.cursors = unknown; }), "aux"));
}

TEST_CASE("every sum of EpisodeEnded that differs from the events breaks `totals`") {
  const std::vector<std::function<void(EpisodeEnded&)>> changes{
      [](auto& e) { ++e.turns; },
      [](auto& e) { ++e.calls; },
      [](auto& e) { ++e.peak_tokens; },
      [](auto& e) { ++e.peak_tokens_with_aux; },
      [](auto& e) { ++e.aux_tokens; },
      [](auto& e) { ++e.kv_reads_tokens; },
      [](auto& e) { e.strict = true, e.correct = false; }};
  for (const auto& change : changes) {
    CHECK(broken_rules(changed<EpisodeEnded>(0, change)) == std::set<std::string>{"totals"});
  }
}

TEST_CASE("of one rule and episode only the first findings are kept, and the rest is counted") {
  traces::EpisodeChecker checker(testing::synthetic_header(kOptions));
  const Stream stream = valid_stream();
  for (const auto& owned : stream) {
    Event event = owned.view();
    if (auto* attended = std::get_if<PagesAttended>(&event)) attended->query_rows = 0;
    checker.on(event);
  }
  const auto findings = checker.take();
  REQUIRE(findings.size() == 6);
  CHECK(findings.back().message.find(" more") != std::string::npos);
}

TEST_CASE("heads that lose their own tokens leave a valid stream") {
  CHECK(findings_with_head_evictions([](Event&) { return true; }).empty());
}

TEST_CASE("an eviction from a head that states a wrong number of tokens breaks `head-evictions`") {
  CHECK(findings_with_head_evictions([](Event& event) {
          if (auto* evicted = std::get_if<HeadTokensEvicted>(&event)) ++evicted->tokens;
          return true;
        }).contains("head-evictions"));
}

TEST_CASE("tokens that are gone although a head holds them break `head-evictions`") {
  CHECK(findings_with_head_evictions([](Event& event) {
          const auto* evicted = std::get_if<HeadTokensEvicted>(&event);
          return evicted == nullptr || evicted->kv_head != 1;
        }).contains("head-evictions"));
}

TEST_CASE("impossible bits, other scopes and tokens that are not live break `requantisations`") {
  using E = TokensRequantised;
  const std::string rule = "requantisations";
  CHECK(breaks(changed<E>(0, [](E& e) { e.key_bits = 0; }), rule));
  CHECK(breaks(changed<E>(0, [](E& e) { e.value_bits = 17; }), rule));
  CHECK_FALSE(breaks(changed<E>(0, [](E& e) { e.key_bits = 1; }), rule));
  CHECK_FALSE(breaks(changed<E>(0, [](E& e) { e.value_bits = 16; }), rule));
  CHECK(breaks(changed<E>(0, [](E& e) { e.layer = 2; }), rule));
  CHECK(breaks(changed<E>(0, [](E& e) { e.kv_head = 2; }), rule));
  CHECK(breaks(changed<E>(0, [](E& e) { e.layer = -1; }), rule));
  CHECK(breaks(changed<E>(0, [](E& e) { ++e.tokens; }), rule));
  CHECK(breaks(changed<E>(0, [](E& e) { e.span.first = 1 << 20; }), rule));
  CHECK(breaks(changed<E>(0, [](E& e) { ++e.step; }), "steps"));
}

TEST_CASE("a change of precision may name a layer or the whole model") {
  using E = TokensRequantised;
  CHECK_FALSE(breaks(changed<E>(0, [](E& e) { e.kv_head = -1; }), "requantisations"));
  CHECK_FALSE(breaks(changed<E>(0, [](E& e) { e.layer = e.kv_head = -1; }), "requantisations"));
}

TEST_CASE("a change of precision counts the tokens that its own head holds") {
  // Head (0, 0) lost 8 to 15 in step 10, head (0, 1) in step 11.
  const auto findings_with = [](std::int32_t kv_head, std::int32_t tokens) {
    return findings_with_head_evictions([&](Event& event) {
      const auto* evicted = std::get_if<HeadTokensEvicted>(&event);
      if (evicted == nullptr || evicted->step != 11) return true;
      event =
          TokensRequantised{evicted->episode, 11, evicted->turn, 0, kv_head, {8, 8}, tokens, 8, 4};
      return true;
    });
  };
  CHECK_FALSE(findings_with(1, 8).contains("requantisations"));
  CHECK(findings_with(1, 7).contains("requantisations"));
  CHECK(findings_with(0, 8).contains("requantisations"));
}

TEST_CASE("more keys than are live, of other steps or twice break `key-reads`") {
  using E = KeysRead;
  const std::string rule = "key-reads";
  const std::vector<std::int32_t> too_many(4, 1 << 20);
  const std::vector<std::int32_t> below(4, -1);
  const std::vector<std::int32_t> none(4, 0);
  CHECK(breaks(changed<E>(2, [&](E& e) { e.tokens = too_many; }), rule));
  CHECK(breaks(changed<E>(2, [&](E& e) { e.tokens = below; }), rule));
  CHECK_FALSE(breaks(changed<E>(2, [&](E& e) { e.tokens = none; }), rule));
  CHECK(breaks(changed<E>(2, [](E& e) { e.tokens = e.tokens.subspan(1); }), rule));
  CHECK(breaks(changed<E>(2, [](E& e) { --e.step; }), rule));
  CHECK(breaks(doubled<E>(2), rule));
  CHECK_FALSE(breaks(without<E>(2), rule));
}

TEST_CASE("changes of precision and keys read that the header does not announce are findings") {
  SyntheticOptions options = kOptions;
  options.captures.requantisations = false;
  options.captures.key_reads = false;
  traces::EpisodeChecker checker(testing::synthetic_header(options));
  for (const auto& event : valid_stream()) checker.on(event.view());
  std::set<std::string> rules;
  for (const auto& finding : checker.take()) rules.emplace(finding.rule);
  CHECK(rules == std::set<std::string>{"key-reads", "requantisations"});
}

TEST_CASE("the rules are described, each once, in the order of their names") {
  std::string last;
  for (const auto& rule : traces::check_rules()) {
    CHECK(last < rule.name);
    CHECK_FALSE(rule.description.empty());
    last = rule.name;
  }
}
