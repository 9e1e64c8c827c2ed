// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <hdf5.h>

/// Reads and changes trace files by plain HDF5, without the code under test.
namespace pagequest::testing {

/// Before the first call of HDF5, or it would try to close at exit what it leaks of damaged files.
inline void start_hdf5() { H5dont_atexit(); }

inline void create_empty_hdf5(const std::filesystem::path& path) {
  start_hdf5();
  H5Fclose(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
}

class H5File {
 public:
  explicit H5File(const std::filesystem::path& path, unsigned mode = H5F_ACC_RDWR) {
    start_hdf5();
    id_ = H5Fopen(path.c_str(), mode, H5P_DEFAULT);
  }
  ~H5File() { H5Fclose(id_); }
  H5File(const H5File&) = delete;
  H5File& operator=(const H5File&) = delete;
  [[nodiscard]] hid_t id() const { return id_; }

  /// A whole 1-D dataset of integers.
  [[nodiscard]] std::vector<std::int64_t> integers(const std::string& name) const {
    return read<std::int64_t>(name, H5T_NATIVE_INT64);
  }
  [[nodiscard]] std::vector<float> floats(const std::string& name) const {
    return read<float>(name, H5T_NATIVE_FLOAT);
  }

  void set(const std::string& name, std::size_t index, std::int64_t value) {
    auto values = integers(name);
    values.at(index) = value;
    const hid_t dataset = H5Dopen2(id_, name.c_str(), H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(dataset);
  }

  void set_attribute(const std::string& name, std::int64_t value) {
    const hid_t attribute = H5Aopen(id_, name.c_str(), H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_INT64, &value);
    H5Aclose(attribute);
  }

  /// Replaces the numbers of a list of the same length.
  void set_list(const std::string& name, const std::vector<double>& values) {
    const hid_t attribute = H5Aopen(id_, name.c_str(), H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_DOUBLE, values.data());
    H5Aclose(attribute);
  }

  void remove_attribute(const std::string& name) { H5Adelete(id_, name.c_str()); }

  void remove(const std::string& name) { H5Ldelete(id_, name.c_str(), H5P_DEFAULT); }

 private:
  template <class T>
  [[nodiscard]] std::vector<T> read(const std::string& name, hid_t type) const {
    const hid_t dataset = H5Dopen2(id_, name.c_str(), H5P_DEFAULT);
    const hid_t space = H5Dget_space(dataset);
    std::vector<T> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
    H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Sclose(space);
    H5Dclose(dataset);
    return values;
  }

  hid_t id_ = H5I_INVALID_HID;
};

}  // namespace pagequest::testing
