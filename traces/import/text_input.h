// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "traces/import/byte_source.h"

namespace pagequest::traces {

/// Lines of a text, read as they are asked for. A byte order mark at the start and the carriage
/// returns of line ends are left out. Behind every view that it gives, kPadding more bytes may be
/// read (simdjson needs them); it is valid until the next call.
class TextInput {
 public:
  static constexpr std::size_t kPadding = 64;
  /// `name` is for messages.
  TextInput(std::unique_ptr<ByteSource> source, std::string name);

  /// The start of the text, at most 64 KiB of it. Takes nothing.
  [[nodiscard]] std::string_view head();
  /// The next line that is more than white space; nothing at the end.
  [[nodiscard]] std::optional<std::string_view> next_line();
  /// All that is left.
  [[nodiscard]] std::string_view rest();

  /// Of the line that next_line() gave last, from 1.
  [[nodiscard]] std::int64_t line() const { return line_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  bool fill();
  std::string_view take_line();

  std::unique_ptr<ByteSource> source_;
  std::string name_;
  std::vector<char> buffer_;  // bytes [begin_, end_) are still to be given
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::int64_t line_ = 0;
  bool ended_ = false;
};

}  // namespace pagequest::traces
