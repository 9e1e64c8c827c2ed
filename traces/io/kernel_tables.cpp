// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/kernel_tables.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "traces/io/references.h"

namespace pagequest::traces::io {
namespace {

using namespace schema::v3;

/// The number that stands for `value` in the file.
template <class Values, class Value>
std::uint8_t number_of(const Values& values, Value value) {
  const auto found = std::find(values.begin(), values.end(), value);
  PQ_CHECK(found != values.end(), "every operation and phase has a number in the format");
  return static_cast<std::uint8_t>(found - values.begin());
}

template <class Values>
auto value_of(const Status& status, std::string_view column, const Values& values,
              std::uint8_t number) {
  if (number >= values.size()) {
    status.fail("the trace is inconsistent: a number stands for nothing", column,
                std::to_string(number), "0 to " + std::to_string(values.size() - 1));
  }
  return values[number];
}

OperationRow row_of(const Operation& operation) {
  return {.iteration = operation.iteration,
          .layer = operation.layer,
          .kind = number_of(kOperationKindOfNumber, operation.kind),
          .phase = number_of(kPhaseOfNumber, operation.phase),
          .bytes = operation.bytes,
          .flops = operation.flops};
}

Operation operation_of(const Status& status, const OperationRow& row) {
  return {.iteration = row.iteration,
          .layer = row.layer,
          .kind = value_of(status, "operations/kind", kOperationKindOfNumber, row.kind),
          .phase = value_of(status, "operations/phase", kPhaseOfNumber, row.phase),
          .bytes = row.bytes,
          .flops = row.flops};
}

/// Calls use(begin, count) for consecutive parts of [0, rows).
template <class Use>
void for_each_part(std::int64_t rows, const Use& use) {
  constexpr std::int64_t kPart = 1 << 16;
  for (std::int64_t begin = 0; begin < rows; begin += kPart) {
    use(static_cast<std::uint64_t>(begin),
        static_cast<std::uint64_t>(std::min(kPart, rows - begin)));
  }
}

/// What the last row of /kernels/written says; nothing if a recording was killed before the first.
KernelCounts read_counts(const Status& status, hid_t file) {
  const TableReader<KernelsWrittenRow> written(status, file);
  if (written.rows() == 0) return {};
  const KernelsWrittenRow row = written.read(written.rows() - 1, 1).front();
  return {
      .names = row.names, .operations = row.operations, .runs = row.runs, .dropped = row.dropped};
}

}  // namespace

KernelWriter::KernelWriter(const Status& status, hid_t file)
    : text_(status, file),
      names_(status, file),
      operations_(status, file),
      runs_(status, file),
      written_(status, file) {}

void KernelWriter::append_names(const KernelBatch& batch) {
  std::vector<KernelTextRow> text;
  std::vector<KernelNameRow> names;
  for (const std::string& name : batch.names) {
    names.push_back({.text_begin = static_cast<std::int64_t>(text_.rows() + text.size()),
                     .text_count = static_cast<std::int32_t>(name.size())});
    for (const char byte : name) text.push_back({static_cast<std::uint8_t>(byte)});
  }
  text_.append(text);
  names_.append(names);
  counts_.names += std::ssize(names);
}

void KernelWriter::append(const KernelBatch& batch) {
  append_names(batch);
  std::vector<OperationRow> operations;
  for (const Operation& operation : batch.operations) operations.push_back(row_of(operation));
  operations_.append(operations);
  counts_.operations += std::ssize(operations);
  std::vector<KernelRow> runs;
  for (const KernelRun& run : batch.runs) {
    PQ_CHECK(run.operation >= -1 && run.operation < counts_.operations && run.name >= 0 &&
                 run.name < counts_.names,
             "a run refers to operations and names that were written");
    runs.push_back({.operation = run.operation,
                    .name = run.name,
                    .stream = run.stream,
                    .start_ns = run.start_ns,
                    .duration_ns = run.duration_ns});
  }
  runs_.append(runs);
  counts_.runs += std::ssize(runs);
  counts_.dropped += batch.dropped;
}

void KernelWriter::flush() {
  if (counts_ == flushed_) return;
  text_.flush();
  names_.flush();
  operations_.flush();
  runs_.flush();
  const KernelsWrittenRow row{.names = counts_.names,
                              .operations = counts_.operations,
                              .runs = counts_.runs,
                              .dropped = counts_.dropped};
  written_.append({&row, 1});
  written_.flush();
  flushed_ = counts_;
}

KernelReader::KernelReader(const Status& status, hid_t file)
    : status_(&status),
      text_(status, file),
      names_(status, file),
      operations_(status, file),
      runs_(status, file),
      counts_(read_counts(status, file)) {
  expect_inside(status, "kernels/written/names", 0, counts_.names, names_.rows());
  expect_inside(status, "kernels/written/operations", 0, counts_.operations, operations_.rows());
  expect_inside(status, "kernels/written/runs", 0, counts_.runs, runs_.rows());
}

void KernelReader::replay(KernelTimesSink& sink) const {
  replay_names(sink);
  replay_operations(sink);
  replay_runs(sink);
}

void KernelReader::replay_names(KernelTimesSink& sink) const {
  sink.on({.dropped = counts_.dropped});
  std::int64_t next = 0;
  for_each_part(counts_.names, [&](std::uint64_t begin, std::uint64_t count) {
    KernelBatch part;
    for (const KernelNameRow& row : names_.read(begin, count)) {
      // One behind another, so that all of them together are no longer than the file.
      const std::int64_t from = row.text_begin == next ? next : -1;
      expect_inside(*status_, "kernels/names/text_begin", from, row.text_count, text_.rows());
      std::string& name = part.names.emplace_back();
      for (const KernelTextRow& text : text_.read(static_cast<std::uint64_t>(from),
                                                  static_cast<std::uint64_t>(row.text_count))) {
        name += static_cast<char>(text.byte);
      }
      next += row.text_count;
    }
    sink.on(part);
  });
}

void KernelReader::replay_operations(KernelTimesSink& sink) const {
  for_each_part(counts_.operations, [&](std::uint64_t begin, std::uint64_t count) {
    KernelBatch part;
    for (const OperationRow& row : operations_.read(begin, count)) {
      part.operations.push_back(operation_of(*status_, row));
    }
    sink.on(part);
  });
}

void KernelReader::replay_runs(KernelTimesSink& sink) const {
  for_each_part(counts_.runs, [&](std::uint64_t begin, std::uint64_t count) {
    KernelBatch part;
    for (const KernelRow& row : runs_.read(begin, count)) {
      if (row.operation != -1) {
        expect_inside(*status_, "kernels/operation", row.operation, 1,
                      static_cast<std::uint64_t>(counts_.operations));
      }
      expect_inside(*status_, "kernels/name", row.name, 1,
                    static_cast<std::uint64_t>(counts_.names));
      part.runs.push_back({.operation = row.operation,
                           .name = row.name,
                           .stream = row.stream,
                           .start_ns = row.start_ns,
                           .duration_ns = row.duration_ns});
    }
    sink.on(part);
  });
}

void expect_no_kernel_times(const Status& status, hid_t file) {
  for (const std::string_view table :
       {schema::Table<OperationRow>::kName, schema::Table<KernelRow>::kName}) {
    expect_absent(status, file, table);
  }
}

}  // namespace pagequest::traces::io
