// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/attributes.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "traces/io/column.h"

namespace pagequest::traces::io {
namespace {

constexpr const char* kMissing = "an attribute is missing or damaged";

void write(const Status& status, hid_t object, const std::string& name, const Handle& space,
           hid_t disk, hid_t memory, const void* value) {
  const Handle attribute(
      H5Acreate2(object, name.c_str(), disk, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  status(attribute.get(), "can't write an attribute", name);
  status(H5Awrite(attribute.get(), memory, value), "can't write an attribute", name);
}

void write(const Status& status, hid_t object, const std::string& name, hid_t disk, hid_t memory,
           const void* value) {
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  write(status, object, name, space, disk, memory, value);
}

template <class T>
void write_list(const Status& status, hid_t object, const std::string& name,
                std::span<const T> values) {
  if (values.empty()) return;
  const hsize_t count = values.size();
  const Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  const ElementType type = element_type<T>();
  write(status, object, name, space, type.disk, type.memory, values.data());
}

template <class T>
std::vector<T> read_list(const Status& status, hid_t object, const std::string& name) {
  if (H5Aexists(object, name.c_str()) == 0) return {};
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  status(attribute.get(), kMissing, name);
  const Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const Handle space(H5Aget_space(attribute.get()), H5Sclose);
  const hssize_t count = H5Sget_simple_extent_npoints(space.get());
  constexpr hssize_t kMost = 1 << 12;
  if (H5Tequal(type.get(), element_type<T>().disk) <= 0 || count < 1 || count > kMost) {
    status.fail("an attribute has the wrong type", name, {}, "a short list of numbers");
  }
  std::vector<T> values(static_cast<std::size_t>(count));
  status(H5Aread(attribute.get(), element_type<T>().memory, values.data()), kMissing, name);
  return values;
}

/// A scalar attribute whose type is of the wanted class.
Handle open(const Status& status, hid_t object, const std::string& name, H5T_class_t wanted) {
  Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  status(attribute.get(), kMissing, name);
  const Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const Handle space(H5Aget_space(attribute.get()), H5Sclose);
  if (H5Tget_class(type.get()) != wanted || H5Sget_simple_extent_npoints(space.get()) != 1) {
    status.fail("an attribute has the wrong type", name, {},
                wanted == H5T_STRING    ? "a text"
                : wanted == H5T_INTEGER ? "an integer"
                                        : "a number");
  }
  return attribute;
}

}  // namespace

void write_attribute(const Status& status, hid_t object, const std::string& name,
                     std::string_view value) {
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), std::max<std::size_t>(1, value.size()));
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  write(status, object, name, type.get(), type.get(), value.empty() ? "" : value.data());
}

void write_attribute(const Status& status, hid_t object, const std::string& name,
                     std::int64_t value) {
  write(status, object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

void write_attribute(const Status& status, hid_t object, const std::string& name,
                     std::uint64_t value) {
  write(status, object, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &value);
}

void write_attribute(const Status& status, hid_t object, const std::string& name, double value) {
  write(status, object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

void write_attribute(const Status& status, hid_t object, const std::string& name,
                     std::span<const float> values) {
  write_list(status, object, name, values);
}

void write_attribute(const Status& status, hid_t object, const std::string& name,
                     std::span<const std::int32_t> values) {
  write_list(status, object, name, values);
}

std::string read_text(const Status& status, hid_t object, const std::string& name) {
  const Handle attribute = open(status, object, name, H5T_STRING);
  const Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const std::size_t bytes = H5Tget_size(type.get());
  std::error_code ignored;
  if (H5Tis_variable_str(type.get()) != 0 ||
      bytes > std::filesystem::file_size(status.path(), ignored)) {
    status.fail("an attribute has the wrong type", name, {}, "a text of fixed length");
  }
  std::string text(bytes, '\0');
  status(H5Aread(attribute.get(), type.get(), text.data()), kMissing, name);
  text.resize(std::min(text.find('\0'), text.size()));
  return text;
}

std::int64_t read_integer(const Status& status, hid_t object, const std::string& name,
                          std::int64_t least, std::int64_t most) {
  const Handle attribute = open(status, object, name, H5T_INTEGER);
  std::int64_t value = 0;
  status(H5Aread(attribute.get(), H5T_NATIVE_INT64, &value), kMissing, name);
  if (value < least || value > most) {
    status.fail("an attribute is out of range", name, std::to_string(value),
                std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

std::uint64_t read_unsigned(const Status& status, hid_t object, const std::string& name) {
  const Handle attribute = open(status, object, name, H5T_INTEGER);
  std::uint64_t value = 0;
  status(H5Aread(attribute.get(), H5T_NATIVE_UINT64, &value), kMissing, name);
  return value;
}

double read_number(const Status& status, hid_t object, const std::string& name, double least) {
  const Handle attribute = open(status, object, name, H5T_FLOAT);
  double value = 0;
  status(H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, &value), kMissing, name);
  if (!std::isfinite(value) || value < least) {
    status.fail("an attribute is out of range", name, std::to_string(value),
                "at least " + std::to_string(least));
  }
  return value;
}

std::vector<float> read_floats(const Status& status, hid_t object, const std::string& name) {
  return read_list<float>(status, object, name);
}

std::vector<std::int32_t> read_integers(const Status& status, hid_t object,
                                        const std::string& name) {
  return read_list<std::int32_t>(status, object, name);
}

std::vector<std::string> attribute_names(const Status& status, hid_t object) {
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  status(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names), kMissing);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace pagequest::traces::io
