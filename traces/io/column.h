// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "traces/io/hdf5_file.h"

namespace pagequest::traces::io {

/// Little-endian type of an element in the file; the memory type is the native one.
struct ElementType {
  hid_t disk;
  hid_t memory;
  std::size_t bytes;
};

template <class T>
[[nodiscard]] ElementType element_type() {
  if constexpr (std::same_as<T, std::uint8_t>) return {H5T_STD_U8LE, H5T_NATIVE_UINT8, 1};
  if constexpr (std::same_as<T, std::int32_t>) return {H5T_STD_I32LE, H5T_NATIVE_INT32, 4};
  if constexpr (std::same_as<T, std::uint32_t>) return {H5T_STD_U32LE, H5T_NATIVE_UINT32, 4};
  if constexpr (std::same_as<T, std::int64_t>) return {H5T_STD_I64LE, H5T_NATIVE_INT64, 8};
  if constexpr (std::same_as<T, std::uint64_t>) return {H5T_STD_U64LE, H5T_NATIVE_UINT64, 8};
  if constexpr (std::same_as<T, float>) return {H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 4};
}

/// Integers shrink to a fraction. Deflate takes a fifth off f32 masses and a core's time at 40
/// MB/s, which a decoder that uses all cores would miss.
enum class Filter : std::uint8_t {
  checksum,  // Fletcher-32 a chunk
  compress,  // shuffle, deflate (level 1) and the checksum
};

/// A 1-D dataset that grows in chunks. Groups on its path are created too.
class ColumnWriter {
 public:
  /// Throws output_error.
  ColumnWriter(const Status& status, hid_t file, std::string name, const ElementType& type,
               std::size_t chunk_rows, Filter filter, std::string_view description);

  /// Throws output_error, on a full disk for instance.
  void append(const void* values, std::size_t count);
  /// Makes the dataset at least `rows` long with nothing in between; whole chunks that are never
  /// written take no room.
  void extend(std::uint64_t rows);
  /// Brings everything appended so far into the file.
  void flush();
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  const Status* status_;
  std::string name_;
  ElementType type_;
  Handle dataset_;
  std::uint64_t rows_ = 0;
  bool dirty_ = false;
};

/// Reads ranges of a 1-D dataset that must have exactly the given type.
class ColumnReader {
 public:
  /// Throws input_error if the dataset is missing, of another type or longer than the file can
  /// hold.
  ColumnReader(const Status& status, hid_t file, std::string name, const ElementType& type);

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  /// Rows [begin, begin + count), which must be inside. Throws input_error on damaged data.
  void read(std::uint64_t begin, std::uint64_t count, void* values) const;

 private:
  const Status* status_;
  std::string name_;
  ElementType type_;
  Handle dataset_;
  std::uint64_t rows_ = 0;
};

}  // namespace pagequest::traces::io
