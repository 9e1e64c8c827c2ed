// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/model/json_file.h"

namespace pagequest::model {
namespace {

using nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMostHeaderBytes = 100'000'000;  // the format's own limit

Error broken(const std::filesystem::path& path, const std::string& found,
             const std::string& expected) {
  return input_error({.what = "broken safetensors file",
                      .where = path.string(),
                      .found = found,
                      .expected = expected,
                      .hint = "the file may be truncated or of another format"});
}

std::uint64_t header_bytes(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::uint64_t length = 0;
  if (bytes.size() < kLengthBytes) throw broken(path, "less than 8 bytes", "a header length");
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kMostHeaderBytes || length > bytes.size() - kLengthBytes) {
    throw broken(path, "a header of " + std::to_string(length) + " bytes",
                 "a header within the file's " + std::to_string(bytes.size()) + " bytes");
  }
  return length;
}

/// Bytes of one element; 0 for a name that the format does not have.
std::uint64_t element_bytes(const std::string& dtype) {
  if (dtype == "F64" || dtype == "I64" || dtype == "U64") return 8;
  if (dtype == "F32" || dtype == "I32" || dtype == "U32") return 4;
  if (dtype == "F16" || dtype == "BF16" || dtype == "I16" || dtype == "U16") return 2;
  if (dtype == "I8" || dtype == "U8" || dtype == "BOOL") return 1;
  if (dtype == "F8_E4M3" || dtype == "F8_E5M2" || dtype == "F8_E8M0") return 1;
  return 0;
}

bool is_list_of_sizes(const json& list) {
  return list.is_array() && std::all_of(list.begin(), list.end(), [](const json& value) {
           return value.is_number_unsigned();
         });
}

/// Bytes that a shape takes; more than `most` is as good as endless.
std::uint64_t shape_bytes(const json& shape, std::uint64_t element, std::uint64_t most) {
  std::uint64_t bytes = element;
  for (const json& extent : shape) {
    const std::uint64_t n = extent.get<std::uint64_t>();
    if (n == 0) return 0;
    if (bytes > most / n) return most + 1;
    bytes *= n;
  }
  return bytes;
}

Tensor read_entry(const std::filesystem::path& path, const std::string& name, const json& entry,
                  std::span<const std::byte> data) {
  const json empty;
  const json& dtype = entry.is_object() && entry.contains("dtype") ? entry["dtype"] : empty;
  const json shape = entry.is_object() ? entry.value("shape", empty) : empty;
  const json offsets = entry.is_object() ? entry.value("data_offsets", empty) : empty;
  const std::uint64_t element = dtype.is_string() ? element_bytes(dtype.get<std::string>()) : 0;
  if (element == 0 || !is_list_of_sizes(shape) || !is_list_of_sizes(offsets) ||
      offsets.size() != 2) {
    throw broken(path, "tensor `" + name + "`: " + entry.dump(),
                 "a known dtype, a shape and two data_offsets");
  }
  const std::uint64_t begin = offsets[0].get<std::uint64_t>();
  const std::uint64_t end = offsets[1].get<std::uint64_t>();
  if (begin > end || end > data.size()) {
    throw broken(path, "tensor `" + name + "` at bytes " + offsets.dump(),
                 "offsets within the " + std::to_string(data.size()) + " bytes of data");
  }
  if (shape_bytes(shape, element, data.size()) != end - begin) {
    throw broken(path, "tensor `" + name + "`: " + std::to_string(end - begin) + " bytes",
                 "the bytes of shape " + shape.dump() + " in " + dtype.get<std::string>());
  }
  return {dtype.get<std::string>(), shape.get<std::vector<std::int64_t>>(),
          data.subspan(begin, end - begin)};
}

/// The format demands that the tensors cover the data without gaps or overlaps.
void check_cover(const std::filesystem::path& path, const std::map<std::string, Tensor>& tensors,
                 std::span<const std::byte> data) {
  std::vector<std::pair<const std::byte*, std::string>> order;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.bytes.empty()) order.emplace_back(tensor.bytes.data(), name);
  }
  std::sort(order.begin(), order.end());
  const std::byte* expected = data.data();
  for (const auto& [begin, name] : order) {
    if (begin != expected) {
      throw broken(path, "tensor `" + name + "` leaves a gap or overlaps the one before it",
                   "tensors one after the other");
    }
    expected = begin + tensors.at(name).bytes.size();
  }
  if (expected != data.data() + data.size()) {
    throw broken(path, "bytes behind the last tensor", "the end of the file");
  }
}

}  // namespace

Safetensors::Safetensors(const std::filesystem::path& path)
    : path_(path), file_(path), tensors_(parse_safetensors(file_.bytes(), path)) {}

std::map<std::string, Tensor> parse_safetensors(std::span<const std::byte> bytes,
                                                const std::filesystem::path& path) {
  const std::uint64_t length = header_bytes(path, bytes);
  const char* text = reinterpret_cast<const char*>(bytes.data() + kLengthBytes);
  const json header = parse_json_object({text, length}, path);
  const std::span<const std::byte> data = bytes.subspan(kLengthBytes + length);
  std::map<std::string, Tensor> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name != "__metadata__") tensors.emplace(name, read_entry(path, name, entry, data));
  }
  check_cover(path, tensors, data);
  return tensors;
}

}  // namespace pagequest::model
