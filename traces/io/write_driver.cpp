// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/write_driver.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pagequest::traces::io {
namespace {

/// What H5Pset_driver copies into the file access properties.
struct AccessInfo {
  WriteFailure* failure;
};

/// A write that came after the first failure.
struct Withheld {
  haddr_t address;
  std::vector<char> bytes;
};

/// HDF5 sees its base; the rest is ours.
struct WriteFile : H5FD_t {
  WriteFile() : H5FD_t{} {}
  int descriptor = -1;
  haddr_t end_of_allocation = 0;
  haddr_t end_of_file = 0;
  WriteFailure* failure = nullptr;
  std::vector<Withheld> withheld;
};

WriteFile& file_of(H5FD_t* file) { return static_cast<WriteFile&>(*file); }
const WriteFile& file_of(const H5FD_t* file) { return static_cast<const WriteFile&>(*file); }

/// False with errno set if not all bytes could be written.
bool write_all(int descriptor, haddr_t address, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::pwrite(descriptor, bytes, size, static_cast<off_t>(address));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    const auto advance = static_cast<std::size_t>(written);
    address += advance;
    bytes += advance;
    size -= advance;
  }
  return true;
}

/// Opens the file for this process alone and empties it: two recordings into one file would destroy
/// each other, and what a link or a pipe leads to is not ours. Returns an errno, or 0.
int open_exclusively(const char* name, int& descriptor) {
  descriptor = ::open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor < 0) return errno;
  struct stat opened {};
  if (::fstat(descriptor, &opened) != 0) return errno;
  if (!S_ISREG(opened.st_mode)) return EEXIST;
  // Some file systems have no locks; there the file is used without.
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return errno;
  return ::ftruncate(descriptor, 0) == 0 ? 0 : errno;
}

H5FD_t* open_file(const char* name, unsigned /*flags*/, hid_t access, haddr_t /*max_address*/) {
  const auto* info = static_cast<const AccessInfo*>(H5Pget_driver_info(access));
  if (info == nullptr) return nullptr;
  auto file = std::unique_ptr<WriteFile>(new (std::nothrow) WriteFile());
  if (!file) return nullptr;
  file->failure = info->failure;
  file->failure->error_number = open_exclusively(name, file->descriptor);
  if (file->failure->error_number == 0) return file.release();
  if (file->descriptor >= 0) ::close(file->descriptor);
  return nullptr;
}

herr_t close_file(H5FD_t* file) {
  const std::unique_ptr<WriteFile> owned(&file_of(file));
  if (::close(owned->descriptor) != 0 && owned->failure->error_number == 0) {
    owned->failure->error_number = errno;
  }
  return 0;
}

int compare_files(const H5FD_t* a, const H5FD_t* b) {
  struct stat first {};
  struct stat second {};
  ::fstat(file_of(a).descriptor, &first);
  ::fstat(file_of(b).descriptor, &second);
  if (first.st_dev != second.st_dev) return first.st_dev < second.st_dev ? -1 : 1;
  if (first.st_ino != second.st_ino) return first.st_ino < second.st_ino ? -1 : 1;
  return 0;
}

herr_t query_features(const H5FD_t* /*file*/, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_SUPPORTS_SWMR_IO |
           H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t get_end_of_allocation(const H5FD_t* file, H5FD_mem_t /*type*/) {
  return file_of(file).end_of_allocation;
}

herr_t set_end_of_allocation(H5FD_t* file, H5FD_mem_t /*type*/, haddr_t address) {
  file_of(file).end_of_allocation = address;
  return 0;
}

haddr_t get_end_of_file(const H5FD_t* file, H5FD_mem_t /*type*/) {
  return file_of(file).end_of_file;
}

/// Bytes of a withheld write that lie inside [address, address + size).
void overlay(const Withheld& write, haddr_t address, std::size_t size, char* buffer) {
  const haddr_t begin = std::max(address, write.address);
  const haddr_t end = std::min(address + size, write.address + write.bytes.size());
  if (begin >= end) return;
  std::memcpy(buffer + (begin - address), write.bytes.data() + (begin - write.address),
              end - begin);
}

herr_t read_bytes(H5FD_t* file, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t address,
                  std::size_t size, void* out) {
  const WriteFile& own = file_of(file);
  auto* buffer = static_cast<char*>(out);
  std::memset(buffer, 0, size);  // what lies behind the end of the file
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got =
        ::pread(own.descriptor, buffer + done, size - done, static_cast<off_t>(address + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  for (const Withheld& write : own.withheld) overlay(write, address, size, buffer);
  return 0;
}

herr_t write_bytes(H5FD_t* file, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t address,
                   std::size_t size, const void* in) {
  WriteFile& own = file_of(file);
  const auto* bytes = static_cast<const char*>(in);
  own.end_of_file = std::max(own.end_of_file, address + size);
  if (own.failure->error_number == 0) {
    if (write_all(own.descriptor, address, bytes, size)) return 0;
    own.failure->error_number = errno == 0 ? EIO : errno;
  }
  try {
    own.withheld.push_back({address, {bytes, bytes + size}});
  } catch (const std::bad_alloc&) {
    return -1;
  }
  return 0;
}

/// The descriptor is locked as long as it is open. HDF5 marks a file as being written, which is how
/// a reader knows that the writer died, only if the driver has locks.
herr_t lock_file(H5FD_t* /*file*/, hbool_t /*for_writing*/) { return 0; }
herr_t unlock_file(H5FD_t* /*file*/) { return 0; }

/// The file ends where HDF5 says that it ends.
herr_t truncate_file(H5FD_t* file, hid_t /*transfer*/, hbool_t /*closing*/) {
  WriteFile& own = file_of(file);
  if (own.end_of_file == own.end_of_allocation) return 0;
  if (own.failure->error_number == 0 &&
      ::ftruncate(own.descriptor, static_cast<off_t>(own.end_of_allocation)) != 0) {
    own.failure->error_number = errno;
  }
  own.end_of_file = own.end_of_allocation;
  return 0;
}

H5FD_class_t driver_class() {
  H5FD_class_t driver{};
  driver.name = "pagequest-write";
  driver.maxaddr = static_cast<haddr_t>(std::numeric_limits<off_t>::max());
  driver.fc_degree = H5F_CLOSE_WEAK;
  driver.fapl_size = sizeof(AccessInfo);
  driver.open = open_file;
  driver.close = close_file;
  driver.cmp = compare_files;
  driver.query = query_features;
  driver.get_eoa = get_end_of_allocation;
  driver.set_eoa = set_end_of_allocation;
  driver.get_eof = get_end_of_file;
  driver.read = read_bytes;
  driver.write = write_bytes;
  driver.truncate = truncate_file;
  driver.lock = lock_file;
  driver.unlock = unlock_file;
  const H5FD_mem_t free_lists[] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(free_lists), std::end(free_lists), driver.fl_map);
  return driver;
}

}  // namespace

Handle register_write_driver() {
  const H5FD_class_t driver = driver_class();
  return {H5FDregister(&driver), H5FDunregister};
}

Handle write_access(const Status& status, const Handle& driver, WriteFailure& failure) {
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  const AccessInfo info{&failure};
  status(H5Pset_driver(access.get(), driver.get(), &info), "can't set up HDF5");
  status(H5Pset_file_locking(access.get(), true, true), "can't set up HDF5");
  return access;
}

}  // namespace pagequest::traces::io
