// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "traces/io/hdf5_file.h"

namespace pagequest::traces::io {

/// Scalar attributes of a file, group or dataset. Texts are UTF-8 of fixed length: HDF5 puts texts
/// of variable length where no checksum covers them. Throw Error of the status' kind.
void write_attribute(const Status& status, hid_t object, const std::string& name,
                     std::string_view value);
void write_attribute(const Status& status, hid_t object, const std::string& name,
                     std::int64_t value);
void write_attribute(const Status& status, hid_t object, const std::string& name,
                     std::uint64_t value);
void write_attribute(const Status& status, hid_t object, const std::string& name, double value);
/// A 1-D attribute; an empty one is left out.
void write_attribute(const Status& status, hid_t object, const std::string& name,
                     std::span<const float> values);
void write_attribute(const Status& status, hid_t object, const std::string& name,
                     std::span<const std::int32_t> values);

[[nodiscard]] std::string read_text(const Status& status, hid_t object, const std::string& name);
/// Throws as well if the value is outside [least, most].
[[nodiscard]] std::int64_t read_integer(const Status& status, hid_t object, const std::string& name,
                                        std::int64_t least, std::int64_t most);
[[nodiscard]] std::uint64_t read_unsigned(const Status& status, hid_t object,
                                          const std::string& name);
/// Throws as well if the value is not finite or below `least`.
[[nodiscard]] double read_number(const Status& status, hid_t object, const std::string& name,
                                 double least);
/// A 1-D attribute; none is empty.
[[nodiscard]] std::vector<float> read_floats(const Status& status, hid_t object,
                                             const std::string& name);
[[nodiscard]] std::vector<std::int32_t> read_integers(const Status& status, hid_t object,
                                                      const std::string& name);
/// Sorted.
[[nodiscard]] std::vector<std::string> attribute_names(const Status& status, hid_t object);

}  // namespace pagequest::traces::io
