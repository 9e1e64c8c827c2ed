// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/import/text_input.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace pagequest::traces {
namespace {

constexpr std::size_t kHeadBytes = 1U << 16U;
constexpr std::size_t kChunkBytes = 1U << 18U;

}  // namespace

TextInput::TextInput(std::unique_ptr<ByteSource> source, std::string name)
    : source_(std::move(source)), name_(std::move(name)) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (head().starts_with(kByteOrderMark)) begin_ = kByteOrderMark.size();
}

std::string_view TextInput::head() {
  while (end_ - begin_ < kHeadBytes && fill()) {
  }
  return {buffer_.data() + begin_, std::min(end_ - begin_, kHeadBytes)};
}

std::optional<std::string_view> TextInput::next_line() {
  while (begin_ < end_ || fill()) {
    const std::string_view line = take_line();
    if (line.find_first_not_of(" \t") != std::string_view::npos) return line;
  }
  return std::nullopt;
}

std::string_view TextInput::rest() {
  while (fill()) {
  }
  const std::string_view all{buffer_.data() + begin_, end_ - begin_};
  begin_ = end_;
  return all;
}

bool TextInput::fill() {
  if (ended_) return false;
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= std::exchange(begin_, 0);
  }
  // Doubling: a text of one long line must not be moved for every chunk of it.
  const std::size_t wanted = end_ + kChunkBytes + kPadding;
  if (buffer_.size() < wanted) buffer_.resize(std::max(wanted, 2 * buffer_.size()));
  const std::size_t got = source_->read({buffer_.data() + end_, buffer_.size() - kPadding - end_});
  ended_ = got == 0;
  end_ += got;
  return !ended_;
}

std::string_view TextInput::take_line() {
  std::size_t scanned = 0;  // from begin_, which fill() moves
  const void* found = nullptr;
  do {
    const char* from = buffer_.data() + begin_ + scanned;
    found = std::memchr(from, '\n', end_ - begin_ - scanned);
    scanned = end_ - begin_;
  } while (found == nullptr && fill());
  const char* first = buffer_.data() + begin_;
  const auto bytes = found == nullptr
                         ? end_ - begin_
                         : static_cast<std::size_t>(static_cast<const char*>(found) - first);
  begin_ += bytes + (found == nullptr ? 0 : 1);
  ++line_;
  std::string_view line{first, bytes};
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace pagequest::traces
