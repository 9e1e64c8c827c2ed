// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace pagequest::traces {

/// A stream of bytes. read() gives up to into.size() bytes, and 0 at the end only. Throws
/// input_error where the stream is damaged or cut off.
class ByteSource {
 public:
  ByteSource() = default;
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  [[nodiscard]] virtual std::size_t read(std::span<char> into) = 0;
};

/// The content of a file, or of standard input for "-". Gzip (RFC 1952) and Zstandard (RFC 8878)
/// are recognised by their first bytes, whatever the name ends in, and decompressed.
[[nodiscard]] std::unique_ptr<ByteSource> open_bytes(const std::string& path);

/// `packed` decompressed; `name` is for messages.
[[nodiscard]] std::unique_ptr<ByteSource> gunzipped(std::unique_ptr<ByteSource> packed,
                                                    std::string name);
[[nodiscard]] std::unique_ptr<ByteSource> unzstd(std::unique_ptr<ByteSource> packed,
                                                 std::string name);

}  // namespace pagequest::traces
