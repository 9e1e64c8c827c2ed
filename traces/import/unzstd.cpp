// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include <zstd.h>

#include "base/check.h"
#include "base/error.h"
#include "traces/import/byte_source.h"

namespace pagequest::traces {
namespace {

class ZstdSource : public ByteSource {
 public:
  ZstdSource(std::unique_ptr<ByteSource> packed, std::string name)
      : packed_(std::move(packed)), name_(std::move(name)), buffer_(ZSTD_DStreamInSize()) {
    PQ_CHECK(context_ != nullptr, "memory for a decompressor");
  }
  ~ZstdSource() override { ZSTD_freeDCtx(context_); }

  std::size_t read(std::span<char> into) override {
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    while (out.pos == 0) {
      // Output may be waiting inside although all input has been taken.
      if (in_.pos == in_.size && !fill() && wanted_ == 0) break;
      const bool input_ended = in_.size == 0;
      wanted_ = ZSTD_decompressStream(context_, &out, &in_);
      if (ZSTD_isError(wanted_) != 0U) fail(ZSTD_getErrorName(wanted_));
      if (input_ended && out.pos == 0) fail("the end of the file inside a frame");
    }
    return out.pos;
  }

 private:
  bool fill() {
    in_ = {buffer_.data(), packed_->read(buffer_), 0};
    return in_.size > 0;
  }

  [[noreturn]] void fail(const std::string& found) const {
    throw input_error({"cannot decompress a request trace", name_, found,
                       "complete Zstandard frames", "copy the file again; `zstd -t` tests it"});
  }

  std::unique_ptr<ByteSource> packed_;
  std::string name_;
  std::vector<char> buffer_;
  ZSTD_DCtx* context_ = ZSTD_createDCtx();
  ZSTD_inBuffer in_{nullptr, 0, 0};
  std::size_t wanted_ = 0;  // 0: at the end of a frame
};

}  // namespace

std::unique_ptr<ByteSource> unzstd(std::unique_ptr<ByteSource> packed, std::string name) {
  return std::make_unique<ZstdSource>(std::move(packed), std::move(name));
}

}  // namespace pagequest::traces
