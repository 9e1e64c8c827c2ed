// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/settings.h"

#include <array>
#include <string>
#include <vector>

#include "base/params.h"

namespace pagequest::agent {
namespace {

constexpr std::array<HopsSetting, 4> kSettings = {{
    {.name = "default",
     .roots = {1, 2},
     .documents = {8, 9},
     .backs = {5, 6},
     .finds = {0, 1},
     .compares = {0, 1},
     .facts = {4, 6},
     .strays = {0, 1},
     .hits = {10, 15},
     .filler = {2, 6}},
    {.name = "long",
     .roots = {1, 2},
     .documents = {8, 9},
     .backs = {5, 6},
     .finds = {0, 1},
     .compares = {0, 1},
     .facts = {8, 14},
     .strays = {3, 8},
     .hits = {16, 24},
     .filler = {4, 14}},
    {.name = "short",
     .roots = {1, 2},
     .documents = {3, 5},
     .backs = {2, 4},
     .finds = {0, 1},
     .compares = {0, 1},
     .facts = {4, 7},
     .strays = {0, 2},
     .hits = {3, 5},
     .filler = {0, 4}},
    {.name = "tiny",
     .roots = {1, 2},
     .documents = {2, 3},
     .backs = {2, 4},
     .finds = {0, 1},
     .compares = {0, 4},
     .facts = {3, 5},
     .strays = {0, 1},
     .hits = {2, 3},
     .filler = {0, 2}},
}};

}  // namespace

std::span<const HopsSetting> hops_settings() { return kSettings; }

const HopsSetting& find_hops_setting(std::string_view name) {
  std::vector<std::string> valid;
  for (const HopsSetting& setting : kSettings) {
    if (setting.name == name) return setting;
    valid.emplace_back(setting.name);
  }
  throw_unknown_name("setting of task pocket-hops", name, valid);
}

}  // namespace pagequest::agent
