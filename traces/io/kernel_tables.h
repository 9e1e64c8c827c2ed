// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "traces/header.h"
#include "traces/io/table.h"
#include "traces/kernel_times.h"
#include "traces/schema/v3_columns.h"

namespace pagequest::traces::io {

/// Writes the tables of kernel times.
class KernelWriter {
 public:
  KernelWriter(const Status& status, hid_t file);

  /// References must be inside what was appended so far and the batch itself.
  void append(const KernelBatch& batch);
  /// Brings everything into the file, the row that makes it count last.
  void flush();

 private:
  void append_names(const KernelBatch& batch);

  TableWriter<schema::v3::KernelTextRow> text_;
  TableWriter<schema::v3::KernelNameRow> names_;
  TableWriter<schema::v3::OperationRow> operations_;
  TableWriter<schema::v3::KernelRow> runs_;
  TableWriter<schema::v3::KernelsWrittenRow> written_;
  KernelCounts counts_;
  KernelCounts flushed_;
};

/// Reads them. What doesn't fit is an input_error.
class KernelReader {
 public:
  KernelReader(const Status& status, hid_t file);

  [[nodiscard]] const KernelCounts& counts() const { return counts_; }
  /// Sends all that counts: names, operations, runs, in parts of bounded size.
  void replay(KernelTimesSink& sink) const;

 private:
  void replay_names(KernelTimesSink& sink) const;
  void replay_operations(KernelTimesSink& sink) const;
  void replay_runs(KernelTimesSink& sink) const;

  const Status* status_;
  TableReader<schema::v3::KernelTextRow> text_;
  TableReader<schema::v3::KernelNameRow> names_;
  TableReader<schema::v3::OperationRow> operations_;
  TableReader<schema::v3::KernelRow> runs_;
  KernelCounts counts_;
};

/// Throws input_error if the file has kernel times although its header does not announce them.
void expect_no_kernel_times(const Status& status, hid_t file);

}  // namespace pagequest::traces::io
