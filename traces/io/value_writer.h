// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "traces/io/column.h"
#include "traces/schema/v2.h"

namespace pagequest::traces::io {

/// One kind of values of all blocks. Whole chunks go to the file; a flush pads the last one, so
/// that no chunk is ever written twice.
template <class T>
class ValueWriter {
 public:
  ValueWriter(const Status& status, hid_t file, std::string_view name, std::string_view description,
              Filter filter = Filter::checksum)
      : column_(status, file, std::string(name), element_type<T>(), kChunk, filter, description) {}

  /// Where the next value goes.
  [[nodiscard]] std::uint64_t next() const { return column_.rows() + pending_.size(); }

  void append(const std::vector<T>& values) {
    pending_.insert(pending_.end(), values.begin(), values.end());
    const std::size_t whole = pending_.size() / kChunk * kChunk;
    column_.append(pending_.data(), whole);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(whole));
  }

  void flush() {
    if (!pending_.empty()) append(std::vector<T>(kChunk - pending_.size()));
    column_.flush();
  }
  /// The next value goes to `next`, a multiple of the chunk that is not below that after flush().
  void flush_to(std::uint64_t next) {
    if (!pending_.empty()) append(std::vector<T>(kChunk - pending_.size()));
    column_.extend(next);
    column_.flush();
  }

 private:
  static constexpr std::size_t kChunk = schema::v2::kValuesChunk;

  ColumnWriter column_;
  std::vector<T> pending_;
};

}  // namespace pagequest::traces::io
