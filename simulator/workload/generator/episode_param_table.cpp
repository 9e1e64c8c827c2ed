// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/generator/episode_param_table.h"

namespace pagequest::simulator {
namespace {

using Row = EpisodeParamRow;

constexpr ParamRange kTurns{false, 1, 1e4};
constexpr ParamRange kWholeTurns{true, 1, 1e4};
constexpr ParamRange kShare{false, 0, 1};
constexpr ParamRange kTokens{false, 1, 1e6};
constexpr ParamRange kWholeTokens{true, 1, 1e6};
constexpr ParamRange kWholeTokensOrNone{true, 0, 1e6};
constexpr ParamRange kSigma{false, 0, 3};
constexpr ParamRange kContext{true, 1024, 1e8};
constexpr ParamRange kSeconds{false, 0, 1e6};

constexpr std::array kRows{
    Row{"turns_median",
        {24, 14, 18},
        kTurns,
        "turns, the answering one included. bcp: searches of gpt-oss-20b with Qwen3-Embedding-8B, "
        "13.64 at medium and 23.87 at high effort (BrowseComp-Plus, table 4). frames: so that the "
        "mean fits"},
    Row{"turns_mean",
        {30, 18, 25},
        kTurns,
        "turns, before the cap; log-normal. frames: 24 to 28, as 1274 auxiliary samples on 215 "
        "correct traces, one every 4 turns, imply (SideQuest, section 4.3). bcp: assumption, a "
        "longer tail than that of GPT-5 with BM25 (searches: mean 23.2, median 24, p90 35)"},
    Row{"turns_max", {150, 100, 100}, kWholeTurns, "turns; assumption"},
    Row{"search_share",
        {0.5, 0.5, 0.45},
        kShare,
        "of the calls; assumption beside 32 % search, 40 % open, 12 % find of gpt-oss-120b on HLE "
        "(card of rl-rag/hle-gpt-oss-120b-with-python-260222)"},
    Row{"open_share",
        {0.4, 0.4, 0.45},
        kShare,
        "of the calls, the rest being finds; assumption, see search_share"},
    Row{"search_tokens",
        {600, 600, 600},
        kTokens,
        "median response to a search; assumption within 'hundreds of tokens' (SideQuest, section "
        "3.4). 2600: the five snippets of BrowseComp-Plus' own tool (section 4.3)"},
    Row{"search_tokens_sigma", {0.35, 0.35, 0.35}, kSigma, "of its logarithm; assumption"},
    Row{"open_tokens",
        {1000, 1000, 1000},
        kTokens,
        "median response to an open: pages are longer (BrowseComp-Plus 7,350 tokens) than the "
        "window of gpt-oss' browser tool, 1024 tokens"},
    Row{"open_tokens_sigma", {0.15, 0.15, 0.15}, kSigma, "of its logarithm; assumption"},
    Row{"find_tokens", {350, 350, 350}, kTokens, "median response to a find; assumption"},
    Row{"find_tokens_sigma", {0.4, 0.4, 0.4}, kSigma, "of its logarithm; assumption"},
    Row{"view_tokens",
        {1100, 1100, 1100},
        kWholeTokens,
        "longest response to open and find: the window of gpt-oss' browser tool, 1024 tokens, and "
        "a heading"},
    Row{"thought_tokens",
        {346, 141, 110},
        kTokens,
        "median thought of a turn; assumption, so that a frames episode stays below the 4,600 "
        "generated tokens that 828 tokens/s over 2,356 s and 424 episodes allow (SideQuest, "
        "section 4.7)"},
    Row{"thought_tokens_sigma",
        {0.334, 0.346, 0.366},
        kSigma,
        "of its logarithm; assumption (90 % within 200-600, 80-250, 60-200)"},
    Row{"call_tokens", {35, 35, 35}, kTokens, "median call with its harmony frame; assumption"},
    Row{"call_tokens_sigma", {0.3, 0.3, 0.3}, kSigma, "of its logarithm; assumption"},
    Row{"answer_tokens",
        {250, 250, 200},
        kTokens,
        "median final answer with its citations; assumption"},
    Row{"answer_tokens_sigma", {0.4, 0.4, 0.4}, kSigma, "of its logarithm; assumption"},
    Row{"system_tokens",
        {800, 800, 800},
        kWholeTokensOrNone,
        "system and developer messages: that with the browser tool has 1,833 characters "
        "(openai/harmony, "
        "test data), the rest is an assumption"},
    Row{"question_tokens", {130, 130, 70}, kTokens, "median question; assumption"},
    Row{"question_tokens_sigma", {0.4, 0.4, 0.4}, kSigma, "of its logarithm; assumption"},
    Row{"context_limit",
        {131072, 131072, 131072},
        kContext,
        "positions of gpt-oss (config.json); an episode that would exceed it answers before"},
    Row{"newest_search_share",
        {0.8, 0.8, 0.8},
        kShare,
        "of the opens that take a link of the newest result page, not of the one before; "
        "assumption"},
    Row{"search_lingers",
        {0.5, 0.5, 0.5},
        kShare,
        "chance that a result page is needed one turn longer than its last opened link, so that "
        "it dies 1 to 2 turns after it; assumption (SideQuest's walk-through, section 3.1, has 1)"},
    Row{"content_expired_in_4_turns",
        {0.6, 0.6, 0.6},
        kShare,
        "share of the pages whose last use is within 4 turns; geometric gap; assumption"},
    Row{"content_reused_at_end",
        {0.2, 0.2, 0.2},
        kShare,
        "share of the pages that the final answer cites; assumption beside 3.88 citations an "
        "answer (gpt-oss-120b-high, BrowseComp-Plus, table 3)"},
    Row{"tool_latency_s",
        {0.5, 0.5, 0.5},
        kSeconds,
        "median time of a call, a local retriever; assumption"},
    Row{"tool_latency_sigma", {0.5, 0.5, 0.5}, kSigma, "of its logarithm; assumption"}};

}  // namespace

std::span<const EpisodeParamRow> episode_param_table() { return kRows; }

}  // namespace pagequest::simulator
