// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/views.h"
#include "engine/runtime/cuda/device_captures.h"
#include "engine/runtime/cuda/gpu.h"
#include "engine/runtime/cuda/pass_plan.h"
#include "engine/runtime/page_transfers.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// The numbers of a pass's view, without its pointers.
[[nodiscard]] gpu::BatchView shape_of(const PassPlan& plan);

/// What kernels must know of a pass, in device memory. One upload brings all of it, and another one
/// the columns of pages where a chunk captures: they lie behind pages whose number changes from
/// pass to pass, while a captured graph wants them where they were.
class DeviceBatch {
 public:
  /// `groups`: KV groups. `thresholds` as in CaptureOptions.
  DeviceBatch(std::int32_t groups, std::span<const float> thresholds, const gpu::Stream& stream);

  /// No other pass may be under way. Passes with the same numbers of chunks, rows and outputs get
  /// the same view, except for most_pages, until the memory moves; returns whether it did.
  bool upload(const PassPlan& plan, const PageTransfers& transfers, std::int64_t pass,
              const DeviceCaptures& captures, const gpu::Stream& stream);

  [[nodiscard]] const gpu::BatchView& view() const { return view_; }
  [[nodiscard]] const gpu::SamplingView* sampling() const { return sampling_; }  // (output)
  [[nodiscard]] const gpu::RowMove* moves() const { return moves_; }
  [[nodiscard]] const std::int32_t* copies() const { return copies_; }  // (copy, 2)
  /// That upload() brings.
  [[nodiscard]] std::int64_t bytes(const PassPlan& plan, const PageTransfers& transfers) const;

 private:
  /// Bytes from the beginning of the description to each part.
  struct Sections {
    std::int64_t chunks = 0;
    std::int64_t ranges = 0;
    std::int64_t tokens = 0;
    std::int64_t row_chunks = 0;
    std::int64_t sampling = 0;
    std::int64_t pages = 0;
    std::int64_t moves = 0;
    std::int64_t copies = 0;
    std::int64_t columns = 0;  // the end of the description; on the device, elsewhere
    std::int64_t end = 0;
  };
  [[nodiscard]] Sections sections_of(const PassPlan& plan, const PageTransfers& transfers) const;
  template <class T>
  [[nodiscard]] T* staged(std::int64_t section) const {
    return reinterpret_cast<T*>(staging_.data() + section);
  }
  void stage_chunks(const PassPlan& plan, const Sections& sections, std::int64_t pass,
                    const DeviceCaptures& captures) const;
  void stage_pages(const PassPlan& plan, const Sections& sections) const;
  void stage_outputs(const PassPlan& plan, const Sections& sections) const;
  void stage_transfers(const PageTransfers& transfers, const Sections& sections) const;
  void set_view(const PassPlan& plan, const Sections& sections);

  std::int32_t groups_;
  std::int32_t threshold_count_;
  gpu::DeviceBuffer thresholds_;
  gpu::PinnedBuffer staging_;
  gpu::DeviceBuffer description_;
  gpu::DeviceBuffer columns_;
  gpu::Event uploaded_;
  gpu::BatchView view_;
  const gpu::SamplingView* sampling_ = nullptr;
  const gpu::RowMove* moves_ = nullptr;
  const std::int32_t* copies_ = nullptr;
};

}  // namespace pagequest::runtime::PQ_CUDA_NS
