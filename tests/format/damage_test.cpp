// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/rng.h"
#include "tests/format/recording.h"
#include "tests/support/temporary_folder.h"

// A damaged file is either refused with an input error or gives the right data.

using namespace pagequest;
using namespace pagequest::testing;

namespace {

enum class Verdict { refused, right, wrong };

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Damaged {
 public:
  explicit Damaged(const SyntheticOptions& options) : expected_(expected_streams(options)) {
    record(folder_ / "whole.h5", options);
    whole_ = bytes_of(folder_ / "whole.h5");
  }

  [[nodiscard]] const std::string& whole() const { return whole_; }

  Verdict read(const std::string& bytes) const {
    std::ofstream(folder_ / "damaged.h5", std::ios::binary | std::ios::trunc) << bytes;
    try {
      const traces::Reader reader(folder_ / "damaged.h5");
      const bool right =
          reader.episodes().size() == expected_.size() && all_episodes_match(reader, expected_);
      return right ? Verdict::right : Verdict::wrong;
    } catch (const Error& error) {
      return error.kind() == ErrorKind::input ? Verdict::refused : Verdict::wrong;
    }
  }

 private:
  TemporaryFolder folder_;
  std::string whole_;
  std::map<EpisodeId, Stream> expected_;
};

}  // namespace

TEST_CASE("the undamaged file is read") {
  const Damaged trace(GENERATE(kSmall, kSmallCaptured));
  CHECK(trace.read(trace.whole()) == Verdict::right);
}

TEST_CASE("a file that is cut off anywhere is refused") {
  const Damaged trace(GENERATE(kSmall, kSmallCaptured));
  const std::size_t size = trace.whole().size();
  for (std::size_t length = 0; length < size; length += length < 600 ? 7 : size / 150) {
    INFO("first " << length << " bytes");
    CHECK(trace.read(trace.whole().substr(0, length)) == Verdict::refused);
  }
  CHECK(trace.read(trace.whole().substr(0, size - 1)) == Verdict::refused);
}

TEST_CASE("a changed byte is noticed or doesn't matter") {
  const Damaged trace(GENERATE(kSmall, kSmallCaptured));
  Rng rng(11);
  const std::size_t size = trace.whole().size();
  int refused = 0;
  for (std::size_t at = 0; at < size;) {
    std::string bytes = trace.whole();
    bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(rng.between(1, 255)));
    INFO("byte " << at);
    const Verdict verdict = trace.read(bytes);
    CHECK(verdict != Verdict::wrong);
    refused += verdict == Verdict::refused ? 1 : 0;
    at += at < 64 ? 1 : static_cast<std::size_t>(rng.between(1, static_cast<int>(size / 400)));
  }
  CHECK(refused > 100);
}

TEST_CASE("bytes behind the end don't matter") {
  const Damaged trace(GENERATE(kSmall, kSmallCaptured));
  CHECK(trace.read(trace.whole() + std::string(5000, 'x')) != Verdict::wrong);
}

TEST_CASE("a block of zeros in the file is noticed or doesn't matter") {
  const Damaged trace(GENERATE(kSmall, kSmallCaptured));
  for (std::size_t at = 0; at + 4096 < trace.whole().size(); at += 4096) {
    std::string bytes = trace.whole();
    bytes.replace(at, 4096, 4096, '\0');
    INFO("4096 zeros at " << at);
    CHECK(trace.read(bytes) != Verdict::wrong);
  }
}
