// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/column.h"

#include <filesystem>
#include <utility>

#include "base/check.h"
#include "traces/io/attributes.h"

namespace pagequest::traces::io {
namespace {

Handle creation_properties(const Status& status, std::size_t chunk_rows, Filter filter) {
  Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const hid_t id = properties.get();
  const hsize_t chunk = chunk_rows;
  status(H5Pset_chunk(id, 1, &chunk), "can't set up a column");
  if (filter == Filter::compress) {
    status(H5Pset_shuffle(id), "can't set up a column");
    status(H5Pset_deflate(id, 1), "can't set up a column");
  }
  status(H5Pset_fletcher32(id), "can't set up a column");
  status(H5Pset_obj_track_times(id, false), "can't set up a column");
  return properties;
}

/// Creates the groups on the path of a new dataset, without times: equal traces have equal bytes.
void create_groups(const Status& status, hid_t file, const std::string& name) {
  const Handle properties(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  status(H5Pset_obj_track_times(properties.get(), false), "can't set up a group");
  for (auto slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    const std::string group = name.substr(0, slash);
    if (H5Lexists(file, group.c_str(), H5P_DEFAULT) > 0) continue;
    const Handle created(
        H5Gcreate2(file, group.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Gclose);
    status(created.get(), "can't create a group", group);
  }
}

/// Selects [begin, begin + count) in the file and writes or reads it by `transfer`.
template <class Transfer>
herr_t with_selection(hid_t dataset, hsize_t begin, hsize_t count, Transfer transfer) {
  const Handle in_file(H5Dget_space(dataset), H5Sclose);
  const Handle in_memory(H5Screate_simple(1, &count, nullptr), H5Sclose);
  if (in_file.get() < 0 || in_memory.get() < 0) return -1;
  if (H5Sselect_hyperslab(in_file.get(), H5S_SELECT_SET, &begin, nullptr, &count, nullptr) < 0) {
    return -1;
  }
  return transfer(in_memory.get(), in_file.get());
}

/// Deflate can't shrink data more than about 1032 times, so a longer dataset is a damaged or
/// hostile one. Empty chunks aside: a writer of ours leaves fewer empty than it writes, but for a
/// few a commit.
constexpr std::uint64_t kMostInflation = 1100;

}  // namespace

ColumnWriter::ColumnWriter(const Status& status, hid_t file, std::string name,
                           const ElementType& type, std::size_t chunk_rows, Filter filter,
                           std::string_view description)
    : status_(&status), name_(std::move(name)), type_(type) {
  create_groups(status, file, name_);
  const hsize_t none = 0;
  const hsize_t unlimited = H5S_UNLIMITED;
  const Handle space(H5Screate_simple(1, &none, &unlimited), H5Sclose);
  const Handle properties = creation_properties(status, chunk_rows, filter);
  dataset_ = Handle(H5Dcreate2(file, name_.c_str(), type.disk, space.get(), H5P_DEFAULT,
                               properties.get(), H5P_DEFAULT),
                    H5Dclose);
  status(dataset_.get(), "can't create a column", name_);
  write_attribute(status, dataset_.get(), "description", description);
}

void ColumnWriter::append(const void* values, std::size_t count) {
  if (count == 0) return;
  dirty_ = true;
  const hsize_t length = rows_ + count;
  (*status_)(H5Dset_extent(dataset_.get(), &length), "can't write the trace", name_);
  const auto write = [&](hid_t memory, hid_t disk) {
    return H5Dwrite(dataset_.get(), type_.memory, memory, disk, H5P_DEFAULT, values);
  };
  (*status_)(with_selection(dataset_.get(), rows_, count, write), "can't write the trace", name_);
  rows_ = length;
}

void ColumnWriter::extend(std::uint64_t rows) {
  if (rows <= rows_) return;
  dirty_ = true;
  const hsize_t length = rows;
  (*status_)(H5Dset_extent(dataset_.get(), &length), "can't write the trace", name_);
  rows_ = rows;
}

void ColumnWriter::flush() {
  if (!dirty_) return;
  (*status_)(H5Dflush(dataset_.get()), "can't write the trace", name_);
  dirty_ = false;
}

ColumnReader::ColumnReader(const Status& status, hid_t file, std::string name,
                           const ElementType& type)
    : status_(&status), name_(std::move(name)), type_(type) {
  dataset_ = Handle(H5Dopen2(file, name_.c_str(), H5P_DEFAULT), H5Dclose);
  status(dataset_.get(), "a column of the trace is missing or damaged", name_);
  const Handle disk(H5Dget_type(dataset_.get()), H5Tclose);
  if (H5Tequal(disk.get(), type.disk) <= 0) {
    status.fail("a column has the wrong type", name_, {}, {});
  }
  const Handle space(H5Dget_space(dataset_.get()), H5Sclose);
  hsize_t length = 0;
  if (H5Sget_simple_extent_ndims(space.get()) != 1 ||
      H5Sget_simple_extent_dims(space.get(), &length, nullptr) != 1) {
    status.fail("a column has the wrong shape", name_, {}, "one dimension");
  }
  std::error_code ignored;
  const std::uint64_t file_bytes = std::filesystem::file_size(status.path(), ignored);
  if (!ignored && length / kMostInflation > file_bytes) {
    status.fail("a column is longer than its file can hold", name_,
                std::to_string(length) + " rows", {});
  }
  rows_ = length;
}

void ColumnReader::read(std::uint64_t begin, std::uint64_t count, void* values) const {
  PQ_CHECK(begin <= rows_ && count <= rows_ - begin, "the rows are inside the column");
  if (count == 0) return;
  const auto read = [&](hid_t memory, hid_t disk) {
    return H5Dread(dataset_.get(), type_.memory, memory, disk, H5P_DEFAULT, values);
  };
  (*status_)(with_selection(dataset_.get(), begin, count, read), "the trace is damaged", name_);
}

}  // namespace pagequest::traces::io
