// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Reads the tables of docs/architecture.md and holds every include of the tree against them.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

struct Rules {
  std::map<std::string, Names> may_include;  // module -> modules
  std::map<std::string, Names> confined_to;  // header prefix -> folders
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Names comma_separated(const std::string& text) {
  Names out;
  std::stringstream stream(text);
  for (std::string item; std::getline(stream, item, ',');) {
    if (const auto name = trimmed(item); !name.empty()) out.insert(name);
  }
  return out;
}

std::map<std::string, Names> read_table(const fs::path& document, const std::string& heading) {
  std::map<std::string, Names> rows;
  std::ifstream in(document);
  bool inside = false;
  const std::regex row(R"(\|([^|]*)\|([^|]*)\|)");
  for (std::string line; std::getline(in, line);) {
    std::smatch cells;
    const bool is_row = std::regex_match(line, cells, row);
    if (!is_row) {
      if (inside) break;
    } else if (trimmed(cells[1]) == heading) {
      inside = true;
    } else if (inside && trimmed(cells[1]).rfind("---", 0) != 0) {
      rows[trimmed(cells[1])] = comma_separated(cells[2]);
    }
  }
  return rows;
}

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.rfind(prefix, 0) == 0;
}

std::string module_of(const Rules& rules, const std::string& path) {
  std::string best;
  for (const auto& [module, unused] : rules.may_include) {
    if (starts_with(path, module + "/") && module.size() > best.size()) best = module;
  }
  return best;
}

bool inside_any(const std::string& path, const Names& folders) {
  for (const auto& folder : folders) {
    if (starts_with(path, folder + "/")) return true;
  }
  return false;
}

/// Complaint about one include line of one file, or "".
std::string judge(const Rules& rules, const std::string& file, const std::string& line) {
  static const std::regex kInclude(R"(\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
  std::smatch match;
  if (!std::regex_match(line, match, kInclude)) return {};
  const std::string header = match[2];
  for (const auto& [prefix, folders] : rules.confined_to) {
    if (starts_with(header, prefix) && !inside_any(file, folders)) {
      return file + ": " + header + " is confined to other folders";
    }
  }
  if (starts_with(header, "nlohmann/")) {
    const bool fits = file.ends_with(".cpp") || header == "nlohmann/json_fwd.hpp";
    const bool allowed = fits && !starts_with(file, "engine/kv/");
    return allowed ? "" : file + ": JSON belongs into .cpp files";
  }
  if (match[1] == "<") return {};
  const std::string from = module_of(rules, file);
  const std::string to = module_of(rules, header);
  if (to.empty()) return file + ": \"" + header + "\" is not rooted at a module";
  if (from == to || rules.may_include.at(from).contains(to)) return {};
  return file + ": " + from + " may not include " + to;
}

std::vector<std::string> judge_tree(const Rules& rules, const fs::path& root) {
  std::vector<std::string> complaints;
  for (const auto& [module, unused] : rules.may_include) {
    for (const auto& entry : fs::recursive_directory_iterator(root / module)) {
      const auto extension = entry.path().extension();
      static const Names kSources = {".h", ".cpp", ".cu", ".cuh"};
      if (!kSources.contains(extension.string())) continue;
      const std::string file = fs::relative(entry.path(), root).generic_string();
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        if (const auto complaint = judge(rules, file, line); !complaint.empty()) {
          complaints.push_back(complaint);
        }
      }
    }
  }
  return complaints;
}

Rules documented_rules() {
  const fs::path document = "docs/architecture.md";
  return {.may_include = read_table(document, "includer"),
          .confined_to = read_table(document, "library header")};
}

}  // namespace

TEST_CASE("Every include of the tree is an edge of the documented table") {
  const Rules rules = documented_rules();
  REQUIRE(rules.may_include.size() == 13);
  REQUIRE(rules.confined_to.size() == 18);
  const auto complaints = judge_tree(rules, ".");
  for (const auto& complaint : complaints) UNSCOPED_INFO(complaint);
  CHECK(complaints.empty());
}

TEST_CASE("Planted violations are caught") {
  const Rules rules = documented_rules();
  CHECK(!judge(rules, "simulator/a.cpp", "#include \"engine/runtime/engine.h\"").empty());
  CHECK(!judge(rules, "engine/runtime/a.cpp", "#include \"traces/reader.h\"").empty());
  CHECK(!judge(rules, "engine/kv/a.cpp", "#include <hdf5.h>").empty());
  CHECK(!judge(rules, "engine/agent/a.cpp", "#include <sqlite3.h>").empty());
  CHECK(!judge(rules, "engine/kv/a.cpp", "#include <nlohmann/json.hpp>").empty());
  CHECK(!judge(rules, "traces/reader.h", "#include <nlohmann/json.hpp>").empty());
  CHECK(!judge(rules, "analyzer/a.cpp", "#include \"../traces/reader.h\"").empty());
  CHECK(!judge(rules, "analyzer/a.cpp", "#include \"simulator/replay.h\"").empty());
}

TEST_CASE("Documented edges are accepted") {
  const Rules rules = documented_rules();
  CHECK(judge(rules, "simulator/a.cpp", "#include \"engine/kv/eviction_policy.h\"").empty());
  CHECK(judge(rules, "traces/io/a.cpp", "#include <hdf5.h>").empty());
  CHECK(judge(rules, "engine/model/a.cpp", "#include <nlohmann/json.hpp>").empty());
  CHECK(judge(rules, "base/a.cpp", "#include <vector>").empty());
}

TEST_CASE("The documented table has no cycle") {
  const auto table = documented_rules().may_include;
  Names settled;
  bool progress = true;
  while (progress) {
    progress = false;
    for (const auto& [module, uses] : table) {
      const bool ready = std::includes(settled.begin(), settled.end(), uses.begin(), uses.end());
      if (ready) progress |= settled.insert(module).second;
    }
  }
  CHECK(settled.size() == table.size());
}
