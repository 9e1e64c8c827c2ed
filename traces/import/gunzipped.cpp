// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include <zlib.h>

#include "base/check.h"
#include "base/error.h"
#include "traces/import/byte_source.h"

namespace pagequest::traces {
namespace {

constexpr std::size_t kPackedBytes = 1U << 16U;

class GzipSource : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> packed, std::string name)
      : packed_(std::move(packed)), name_(std::move(name)), buffer_(kPackedBytes) {
    constexpr int kGzipOnly = 16;
    const int status = inflateInit2(&stream_, MAX_WBITS + kGzipOnly);
    PQ_CHECK(status == Z_OK, "inflate takes these options");
  }
  ~GzipSource() override { inflateEnd(&stream_); }

  std::size_t read(std::span<char> into) override {
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(into.size());
    while (stream_.avail_out == into.size() && fill()) inflate_some();
    return into.size() - stream_.avail_out;
  }

 private:
  /// Whether there is anything to inflate.
  bool fill() {
    if (stream_.avail_in > 0) return true;
    stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_in = static_cast<uInt>(packed_->read(buffer_));
    if (stream_.avail_in > 0) return true;
    if (!ended_) fail("the end of the file inside a gzip member");
    return false;
  }

  void inflate_some() {
    if (ended_) inflateReset(&stream_);  // a file may be several members, one after another
    ended_ = false;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      ended_ = true;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      fail(stream_.msg == nullptr ? "damaged data" : stream_.msg);
    }
  }

  [[noreturn]] void fail(const std::string& found) const {
    throw input_error({"cannot decompress a request trace", name_, found, "complete gzip members",
                       "copy the file again; `gzip -t` tests it"});
  }

  std::unique_ptr<ByteSource> packed_;
  std::string name_;
  std::vector<char> buffer_;
  z_stream stream_{};
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> gunzipped(std::unique_ptr<ByteSource> packed, std::string name) {
  return std::make_unique<GzipSource>(std::move(packed), std::move(name));
}

}  // namespace pagequest::traces
