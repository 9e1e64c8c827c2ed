// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "tests/support/file_content.h"
#include "tests/support/temporary_folder.h"

/// Runs the program that is sold, whose path is PQ_PAGEQUEST, and reads what it prints.
namespace pagequest::testing {

using Row = std::map<std::string, nlohmann::json>;
using Tables = std::map<std::string, std::vector<Row>>;

struct Outcome {
  int exit_code = -1;  // -1: it did not exit by itself
  std::string out;
  std::string err;
};

/// `arguments` as a shell takes them.
inline Outcome run_program(const std::string& arguments) {
  const TemporaryFolder folder;
  const std::string command =
      std::string(PQ_PAGEQUEST) + " " + arguments + " 2>" + (folder / "stderr").string();
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Outcome outcome;
  std::array<char, 4096> part{};
  for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
    outcome.out.append(part.data(), n);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  outcome.err = content_of(folder / "stderr");
  return outcome;
}

inline void add_table(const nlohmann::json& table, Tables& tables) {
  auto& rows = tables[table.at("name")];
  for (const auto& cells : table.at("rows")) {
    Row row;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      row[table.at("columns").at(i).at("name")] = cells.at(i);
    }
    rows.push_back(row);
  }
}

/// The tables of what a command prints with --json; throws if it is no such document.
inline Tables tables_in(const std::string& document) {
  const auto report = nlohmann::json::parse(document);
  Tables tables;
  for (const auto& section : report.at("sections")) {
    for (const auto& block : section.at("blocks")) {
      if (block.at("type") == "table") add_table(block.at("table"), tables);
    }
  }
  return tables;
}

inline double number(const Row& row, const std::string& column) {
  return row.at(column).get<double>();
}

}  // namespace pagequest::testing
