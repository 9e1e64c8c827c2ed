// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <hdf5.h>

#include "base/error.h"

namespace pagequest::traces::io {

/// Owns one HDF5 identifier. Closing in the destructor ignores the status; close() reports it.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Close closer) : id_(id), close_(closer) {}
  ~Handle() { close(); }
  Handle(Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  [[nodiscard]] hid_t get() const { return id_; }
  /// Negative on failure. Closing again is a success.
  herr_t close() noexcept {
    const hid_t id = std::exchange(id_, H5I_INVALID_HID);
    return id < 0 ? 0 : close_(id);
  }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

/// Keeps HDF5 from printing its error stack in this thread, for the lifetime of the object. Every
/// entry into HDF5 starts with one. It also keeps HDF5 from closing what is open at the end of the
/// process: handles have owners, and what HDF5 itself leaks of a damaged file would loop there.
class QuietErrors {
 public:
  QuietErrors();
  ~QuietErrors();
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;

 private:
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

/// The innermost description of HDF5's error stack: the cause that the outer ones only pass on.
[[nodiscard]] std::string last_reason();

/// Turns HDF5 statuses into Errors that name the file and the object in it.
class Status {
 public:
  Status(ErrorKind kind, std::filesystem::path path) : kind_(kind), path_(std::move(path)) {}

  /// The id or status itself if it is not negative. Throws Error with HDF5's own reason.
  template <class T>
  T operator()(T status, std::string_view what, std::string_view object = {}) const {
    if (status < 0) fail_with_reason(what, object);
    return status;
  }
  [[noreturn]] void fail(std::string_view what, std::string_view object, std::string found,
                         std::string expected, std::string hint = {}) const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  [[noreturn]] void fail_with_reason(std::string_view what, std::string_view object) const;
  [[nodiscard]] std::string where(std::string_view object) const;

  ErrorKind kind_;
  std::filesystem::path path_;
};

}  // namespace pagequest::traces::io
