// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "base/result_table.h"
#include "cli/command.h"
#include "cli/output.h"
#include "engine/agent/tasks/corpus/build.h"

namespace pagequest::cli {
namespace {

struct Arguments {
  std::string documents;
  std::string out;
  bool json = false;
};

void run(const Arguments& arguments) {
  const auto count = agent::build_corpus(arguments.documents, arguments.out);
  ResultTable table("corpus", "Documents that were indexed.", {{"file", ""}, {"documents", ""}});
  table.add({arguments.out, static_cast<std::int64_t>(count)});
  print_tables({&table, 1}, arguments.json);
}

}  // namespace

void add_corpus(CLI::App& app, ExitCode& /*code*/) {
  auto arguments = std::make_shared<Arguments>();
  auto* corpus = app.add_subcommand("corpus", "Documents for the task corpus");
  corpus->require_subcommand(1);
  auto* build = corpus->add_subcommand("build", "Index documents for search (SQLite, BM25)");
  build
      ->add_option("--documents", arguments->documents,
                   "JSON lines with `url`, `title` and `text`; [text](url) in a text is a link")
      ->required();
  build->add_option("-o,--out", arguments->out, "corpus file, replaced when the new one is whole")
      ->required();
  build->add_flag("--json", arguments->json, "print what was indexed as JSON");
  build->callback([arguments] { run(*arguments); });
}

}  // namespace pagequest::cli
