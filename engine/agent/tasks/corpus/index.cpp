// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/corpus/index.h"

#include "base/error.h"
#include "engine/agent/tasks/corpus/schema.h"

namespace pagequest::agent {
namespace {

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// `"word" OR "word"` in FTS5's language; "" without words.
std::string match_expression(const std::string& query) {
  std::string out;
  std::string word;
  for (const char c : query + ' ') {
    if (is_word_byte(c)) {
      word += c;
    } else if (!word.empty()) {
      out += (out.empty() ? "\"" : " OR \"") + word + '"';
      word.clear();
    }
  }
  return out;
}

}  // namespace

CorpusIndex::CorpusIndex(const std::filesystem::path& path)
    : database_(Database::open_read_only(path)) {
  const auto application = database_.integer("PRAGMA application_id");
  const auto version = database_.integer("PRAGMA user_version");
  if (application == kCorpusApplicationId && version == kCorpusVersion) return;
  throw input_error({.what = "not a corpus of this version",
                     .where = path.string(),
                     .found = application == kCorpusApplicationId
                                  ? "version " + std::to_string(version)
                                  : "another kind of SQLite file",
                     .expected = "a corpus of version " + std::to_string(kCorpusVersion),
                     .hint = "make it with `pagequest corpus build`"});
}

std::vector<CorpusHit> CorpusIndex::search(const std::string& query, std::int32_t count) const {
  std::vector<CorpusHit> hits;
  const auto expression = match_expression(query);
  if (expression.empty()) return hits;
  Statement statement = database_.prepare(
      "SELECT documents.url, documents.title, snippet(full_text, 1, '', '', '...', 32) "
      "FROM full_text JOIN documents ON documents.id = full_text.rowid "
      "WHERE full_text MATCH ? ORDER BY bm25(full_text, 2.0, 1.0), full_text.rowid LIMIT ?");
  statement.bind(0, expression).bind(1, std::int64_t{count});
  while (statement.step()) {
    hits.push_back(
        {.url = statement.text(0), .title = statement.text(1), .snippet = statement.text(2)});
  }
  return hits;
}

std::optional<CorpusDocument> CorpusIndex::document(const std::string& url) const {
  Statement statement = database_.prepare("SELECT url, title, text FROM documents WHERE url = ?");
  if (!statement.bind(0, url).step()) return std::nullopt;
  return CorpusDocument{
      .url = statement.text(0), .title = statement.text(1), .text = statement.text(2)};
}

std::int64_t CorpusIndex::size() const {
  return database_.integer("SELECT count(*) FROM documents");
}

}  // namespace pagequest::agent
