// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/agent/tasks/corpus/sqlite.h"

namespace pagequest::agent {

struct CorpusDocument {
  std::string url;
  std::string title;
  std::string text;
};

struct CorpusHit {
  std::string url;
  std::string title;
  std::string snippet;  // of the text, around the words that matched
};

/// A corpus file that build_corpus() made, read-only. Not for several threads at once.
class CorpusIndex {
 public:
  /// Throws input_error when the file is missing, foreign, damaged, or of another version.
  explicit CorpusIndex(const std::filesystem::path& path);

  /// The best documents for any of the query's words by BM25 (Robertson and Zaragoza 2009, as FTS5
  /// computes it), a word of the title counting twice. Ties: in the order of the file.
  [[nodiscard]] std::vector<CorpusHit> search(const std::string& query, std::int32_t count) const;

  [[nodiscard]] std::optional<CorpusDocument> document(const std::string& url) const;
  [[nodiscard]] std::int64_t size() const;

 private:
  Database database_;
};

}  // namespace pagequest::agent
