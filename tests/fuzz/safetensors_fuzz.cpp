// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes as a safetensors file: an input_error, or tensors that lie in the file one after the
// other.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "base/error.h"
#include "engine/model/safetensors.h"

namespace {

using pagequest::Error;
using pagequest::ErrorKind;
using Bytes = std::span<const std::byte>;

void check(Bytes file) {
  std::size_t covered = 0;
  for (const auto& [name, tensor] : pagequest::model::parse_safetensors(file, "m.safetensors")) {
    covered += tensor.bytes.size();
    if (tensor.bytes.empty()) continue;
    if (tensor.bytes.data() < file.data()) std::abort();
    if (&tensor.bytes.back() > &file.back()) std::abort();
  }
  if (covered > file.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of its exact size, so that the address sanitizer sees every byte read beyond it.
  std::vector<std::byte> file(size);
  std::transform(data, data + size, file.begin(),
                 [](std::uint8_t byte) { return std::byte{byte}; });
  try {
    check(file);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) std::abort();
  }
  return 0;
}
