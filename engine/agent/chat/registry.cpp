// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/registry.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "base/params.h"
#include "engine/agent/chat/chatml.h"
#include "engine/agent/chat/harmony.h"
#include "engine/agent/chat/llama3.h"
#include "engine/agent/chat/plain.h"

namespace pagequest::agent::chat {
namespace {

struct Entry {
  std::string_view name;
  std::string_view token;  // that tells it; "": none
  std::unique_ptr<Format> (*make)(const model::Tokenizer&, const Settings&, std::set<std::int32_t>);
};

// In the order of detection.
constexpr std::array<Entry, 4> kFormats = {{
    {"harmony", "<|channel|>", make_harmony},
    {"llama3", "<|start_header_id|>", make_llama3},
    {"chatml", "<|im_start|>", make_chatml},
    {"plain", "", make_plain},
}};

constexpr std::array<std::string_view, 5> kNames = {"auto", "chatml", "harmony", "llama3", "plain"};
constexpr std::array<std::string_view, 3> kEfforts = {"high", "low", "medium"};

void check_name(std::string_view kind, std::string_view name,
                std::span<const std::string_view> valid) {
  if (std::find(valid.begin(), valid.end(), name) != valid.end()) return;
  throw_unknown_name(kind, name, {valid.begin(), valid.end()});
}

}  // namespace

std::span<const std::string_view> format_names() { return kNames; }

std::string_view detect_format(const model::Tokenizer& tokenizer) {
  const auto* entry = std::find_if(kFormats.begin(), kFormats.end(), [&](const Entry& candidate) {
    return candidate.token.empty() || tokenizer.token_id(candidate.token);
  });
  return entry->name;
}

std::unique_ptr<Format> make_format(std::string_view name, const model::Tokenizer& tokenizer,
                                    const Settings& settings, std::span<const std::int32_t> stops) {
  check_name("chat format", name, kNames);
  check_name("reasoning effort", settings.effort, kEfforts);
  const auto wanted = name == "auto" ? detect_format(tokenizer) : name;
  const auto* entry = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const Entry& format) { return format.name == wanted; });
  return entry->make(tokenizer, settings, {stops.begin(), stops.end()});
}

}  // namespace pagequest::agent::chat
