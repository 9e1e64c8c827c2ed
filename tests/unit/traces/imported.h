// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "traces/import/importer.h"
#include "traces/import/text_input.h"

namespace pagequest::testing {

/// A text as a source, in pieces of at most `piece` bytes.
class StringSource : public traces::ByteSource {
 public:
  explicit StringSource(std::string text, std::size_t piece = 7)
      : text_(std::move(text)), piece_(piece) {}
  std::size_t read(std::span<char> into) override {
    const std::size_t count = std::min({into.size(), piece_, text_.size() - at_});
    std::copy_n(text_.data() + at_, count, into.data());
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

inline traces::TextInput text_input(std::string text) {
  return {std::make_unique<StringSource>(std::move(text)), "trace"};
}

inline traces::RequestTrace imported(std::string text, const traces::ImportOptions& options = {}) {
  traces::TextInput input = text_input(std::move(text));
  return import_requests(input, options);
}

/// The message of the import's error, or "".
inline std::string import_error(std::string text, const traces::ImportOptions& options = {}) {
  try {
    static_cast<void>(imported(std::move(text), options));
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

inline std::vector<std::uint64_t> ids_of(const traces::RequestTrace& trace, std::size_t row) {
  const auto first =
      trace.blocks.begin() + static_cast<std::ptrdiff_t>(trace.rows[row].first_block);
  return {first, first + trace.rows[row].blocks};
}

}  // namespace pagequest::testing
