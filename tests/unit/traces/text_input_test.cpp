// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <zlib.h>
#include <zstd.h>

#include "tests/support/temporary_folder.h"
#include "tests/unit/traces/imported.h"

using namespace pagequest;
using namespace pagequest::traces;
using Catch::Matchers::Contains;

namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return out;
}

/// About a megabyte that does not compress to nothing.
std::string long_text() {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919LL % 100'003) + "\n";
  return text;
}

std::string written_and_read(const std::string& bytes) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder / "t.bin").string();
  std::ofstream(path, std::ios::binary) << bytes;
  return std::string(TextInput(open_bytes(path), path).rest());
}

}  // namespace

TEST_CASE("A compressed file gives the bytes that were compressed, whatever its name") {
  const std::string text = long_text();
  CHECK(written_and_read(text) == text);
  CHECK(written_and_read(gzip(text)) == text);
  CHECK(written_and_read(zstd(text)) == text);
}

TEST_CASE("Members and frames that follow each other are one text") {
  const std::string text = long_text();
  CHECK(written_and_read(gzip(text) + gzip("more\n")) == text + "more\n");
  CHECK(written_and_read(zstd(text) + zstd("more\n")) == text + "more\n");
}

TEST_CASE("A compressed file that is cut off is an error wherever it is cut") {
  for (const std::string& packed : {gzip(long_text()), zstd(long_text())}) {
    for (const std::size_t bytes : {packed.size() / 3, packed.size() - 9, packed.size() - 1}) {
      CHECK_THROWS_WITH(written_and_read(packed.substr(0, bytes)), Contains("end of the file"));
    }
  }
}

TEST_CASE("A damaged compressed file is an error") {
  for (std::string packed : {gzip(long_text()), zstd(long_text())}) {
    for (std::size_t i = 1000; i < 1100; ++i) packed[i] = static_cast<char>(~packed[i]);
    CHECK_THROWS_AS(written_and_read(packed), Error);
  }
}

TEST_CASE("A path that leads nowhere is an error that names it") {
  CHECK_THROWS_WITH(open_bytes("/nonexistent/trace.jsonl"), Contains("/nonexistent/trace.jsonl"));
}

TEST_CASE("Lines come without their ends, a byte order mark, and blank ones, which still count") {
  TextInput text = testing::text_input(
      "\xef\xbb\xbf"
      "a\r\n\r\n  \nlast");
  CHECK(text.head() == "a\r\n\r\n  \nlast");
  CHECK(*text.next_line() == "a");
  CHECK(text.line() == 1);
  CHECK(*text.next_line() == "last");
  CHECK(text.line() == 4);
  CHECK_FALSE(text.next_line());
}

TEST_CASE("A line may be longer than any buffer") {
  const std::string line(3'000'000, 'x');
  TextInput text(std::make_unique<testing::StringSource>(line + "\nend\n", 50'000), "trace");
  CHECK(text.next_line()->size() == line.size());
  CHECK(*text.next_line() == "end");
}

TEST_CASE("Looking at the head takes nothing away") {
  TextInput text = testing::text_input("one\ntwo\n");
  CHECK(text.head() == text.head());
  CHECK(*text.next_line() == "one");
  CHECK(text.rest() == "two\n");
  CHECK(text.rest().empty());
}
