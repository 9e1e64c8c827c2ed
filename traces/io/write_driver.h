// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "traces/io/hdf5_file.h"

namespace pagequest::traces::io {

/// What went wrong first with a file's writes: an errno, or 0.
struct WriteFailure {
  int error_number = 0;
};

/// An HDF5 file driver (plain POSIX writes) for files that are written once. HDF5 1.10 can't close
/// a file whose writes fail: it keeps dangling objects and crashes at the end of the process. With
/// this driver HDF5 never sees a failure. From the first one on, nothing more reaches the disk,
/// which keeps a consistent prefix of the writes, and HDF5 goes on in memory until the file is
/// closed. The caller must look at `failure`.
[[nodiscard]] Handle register_write_driver();

/// File access properties with the driver; `failure` must outlive every file opened with them.
[[nodiscard]] Handle write_access(const Status& status, const Handle& driver,
                                  WriteFailure& failure);

}  // namespace pagequest::traces::io
