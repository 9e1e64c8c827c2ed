// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/import/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace pagequest::traces {
namespace {

class FileSource : public ByteSource {
 public:
  explicit FileSource(const std::string& path) : file_(path, std::ios::binary) {
    if (!file_) {
      throw input_error({"cannot read a request trace", path, std::strerror(errno), "a file",
                         "check the path, or give `-` for standard input"});
    }
  }
  std::size_t read(std::span<char> into) override {
    file_.read(into.data(), static_cast<std::streamsize>(into.size()));
    return static_cast<std::size_t>(file_.gcount());
  }

 private:
  std::ifstream file_;
};

class StandardInput : public ByteSource {
 public:
  std::size_t read(std::span<char> into) override {
    std::cin.read(into.data(), static_cast<std::streamsize>(into.size()));
    return static_cast<std::size_t>(std::cin.gcount());
  }
};

/// Gives back what was read from `rest` to look at it.
class PeekedSource : public ByteSource {
 public:
  PeekedSource(std::string head, std::unique_ptr<ByteSource> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}
  std::size_t read(std::span<char> into) override {
    if (at_ == head_.size()) return rest_->read(into);
    const std::size_t count = std::min(into.size(), head_.size() - at_);
    std::copy_n(head_.data() + at_, count, into.data());
    at_ += count;
    return count;
  }

 private:
  std::string head_;
  std::size_t at_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

std::string first_bytes(ByteSource& source, std::size_t count) {
  std::string head(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const std::size_t got = source.read(std::span(head).subspan(have));
    if (got == 0) break;
    have += got;
  }
  head.resize(have);
  return head;
}

}  // namespace

std::unique_ptr<ByteSource> open_bytes(const std::string& path) {
  constexpr std::string_view kGzip = "\x1f\x8b";
  constexpr std::string_view kZstandard = "\x28\xb5\x2f\xfd";
  std::unique_ptr<ByteSource> raw;
  if (path == "-") {
    raw = std::make_unique<StandardInput>();
  } else {
    raw = std::make_unique<FileSource>(path);
  }
  std::string head = first_bytes(*raw, kZstandard.size());
  const bool gzip = head.starts_with(kGzip);
  const bool zstandard = head.starts_with(kZstandard);
  auto all = std::make_unique<PeekedSource>(std::move(head), std::move(raw));
  if (gzip) return gunzipped(std::move(all), path);
  if (zstandard) return unzstd(std::move(all), path);
  return all;
}

}  // namespace pagequest::traces
