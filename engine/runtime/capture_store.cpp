// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/capture_store.h"

#include <cstdint>
#include <utility>

namespace pagequest::runtime {

void CaptureStore::place(std::span<ForwardChunk> chunks) {
  std::swap(memories_.front(), memories_.back());
  std::vector<std::byte>& memory = memories_.front();
  const auto bytes = static_cast<std::size_t>(layout_.bytes(chunks));
  if (memory.size() < bytes) memory.resize(bytes);
  const std::vector<CaptureBuffers> buffers = layout_.place(chunks, memory.data());
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i].captures) chunks[i].capture = buffers[i];
  }
}

}  // namespace pagequest::runtime
