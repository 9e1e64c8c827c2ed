// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "base/params.h"
#include "base/sorted_by_name.h"
#include "traces/import/importer.h"
#include "traces/import/importers/formats.h"

namespace pagequest::traces {
namespace {

constexpr ImporterEntry kImporters[] = {
    {"azure", "Azure LLM inference traces of 2023, 2024 and 2025 (CSV): times and lengths.", false,
     is_azure, import_azure},
    {"bailian", "Alibaba Bailian traces (JSONL): chats with ids of block contents.", false,
     is_bailian, import_bailian},
    {"burstgpt", "BurstGPT traces (CSV): times, lengths, and sessions from version 1.2 on.", false,
     is_burstgpt, import_burstgpt},
    {"llmservingsim", "LLMServingSim 2 traces (JSONL): requests and agents, tokens if it has them.",
     false, is_llmservingsim, import_llmservingsim},
    {"mooncake", "Mooncake traces (JSONL), and what AIPerf and Dynamo added: sessions, delays.",
     false, is_mooncake, import_mooncake},
    {"vidur", "Vidur's processed traces (CSV): lengths, and arrivals if it has them.", false,
     is_vidur, import_vidur},
    {"weka", "Agent sessions of kv-cache-tester and cc-traces (JSON): sub-agents, block ids.", true,
     is_weka, import_weka},
};

static_assert(sorted_by_name(kImporters), "importers are listed by name, each once");

}  // namespace

std::span<const ImporterEntry> importers() { return kImporters; }

const ImporterEntry& find_importer(std::string_view name) {
  return entry_named("trace format", name, kImporters);
}

const ImporterEntry* detect_importer(std::string_view head) {
  const auto it = std::find_if(std::begin(kImporters), std::end(kImporters),
                               [head](const ImporterEntry& entry) { return entry.detect(head); });
  return it == std::end(kImporters) ? nullptr : &*it;
}

}  // namespace pagequest::traces
