// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/corpus/build.h"

#include <string>
#include <system_error>
#include <unordered_map>

#include <unistd.h>

#include "base/error.h"
#include "base/output_path.h"
#include "engine/agent/tasks/corpus/schema.h"
#include "engine/agent/tasks/corpus/sqlite.h"
#include "engine/agent/tasks/jsonl.h"

namespace pagequest::agent {
namespace {

namespace fs = std::filesystem;

/// A file that goes away unless it is kept. The process's number keeps builds of one corpus apart.
class PartialFile {
 public:
  explicit PartialFile(const fs::path& target) : target_(target), path_(target) {
    path_ += ".partial" + std::to_string(::getpid());
    remove();
  }
  ~PartialFile() { remove(); }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }
  void keep() {
    std::error_code failed;
    fs::rename(path_, target_, failed);
    if (!failed) return;
    throw output_error({.what = "can't put the corpus in its place",
                        .where = target_.string(),
                        .found = failed.message(),
                        .expected = "a writable folder",
                        .hint = {}});
  }

 private:
  void remove() const {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }

  fs::path target_;
  fs::path path_;
};

void create_tables(const Database& database) {
  database.run("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
  database.run("PRAGMA application_id = " + std::to_string(kCorpusApplicationId));
  database.run("PRAGMA user_version = " + std::to_string(kCorpusVersion));
  database.run(
      "CREATE TABLE documents(id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, "
      "title TEXT NOT NULL, text TEXT NOT NULL);"
      "CREATE VIRTUAL TABLE full_text USING fts5(title, text, content='documents', "
      "content_rowid='id', tokenize='porter unicode61');");
}

std::int32_t fill(const Database& database, const fs::path& documents) {
  Statement insert =
      database.prepare("INSERT INTO documents(id, url, title, text) VALUES(?, ?, ?, ?)");
  std::unordered_map<std::string, std::int32_t> seen;  // url -> line
  std::int32_t count = 0;
  for_each_json_line(documents, [&](const JsonLine& line) {
    const std::string url = line.text("url");
    const auto [before, is_new] = seen.emplace(url, line.number);
    if (!is_new) {
      throw line.error("url", url + ", also in line " + std::to_string(before->second),
                       "a url that no other document has");
    }
    insert.bind(0, count++).bind(1, url).bind(2, line.text("title")).bind(3, line.text("text"));
    insert.step();
  });
  return count;
}

}  // namespace

std::int32_t build_corpus(const fs::path& documents, const fs::path& corpus) {
  const fs::path target = output_target(corpus);
  expect_not_input(target, documents, "the documents");
  PartialFile partial(target);
  std::int32_t count = 0;
  {
    const Database database = Database::create(partial.path());
    create_tables(database);
    database.run("BEGIN");
    count = fill(database, documents);
    database.run("INSERT INTO full_text(full_text) VALUES('rebuild')");
    database.run("INSERT INTO full_text(full_text) VALUES('optimize')");
    database.run("COMMIT");
    database.run("VACUUM");
  }
  partial.keep();
  return count;
}

}  // namespace pagequest::agent
