// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/references.h"

#include <string>

namespace pagequest::traces::io {

void reject_reference(const Status& status, std::string_view reference, std::int64_t begin,
                      std::int64_t count, std::uint64_t rows) {
  status.fail("the trace is inconsistent: a reference points outside its table", reference,
              "rows " + std::to_string(begin) + " + " + std::to_string(count),
              "rows inside 0 to " + std::to_string(rows));
}

void expect_absent(const Status& status, hid_t file, std::string_view name) {
  const std::string path(name);
  const std::string group = path.substr(0, path.find('/'));
  if (H5Lexists(file, group.c_str(), H5P_DEFAULT) <= 0) return;
  if (H5Lexists(file, path.c_str(), H5P_DEFAULT) <= 0) return;
  status.fail("the trace is inconsistent: its header does not announce a dataset that it has", name,
              {}, {});
}

}  // namespace pagequest::traces::io
