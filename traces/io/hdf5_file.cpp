// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/hdf5_file.h"

namespace pagequest::traces::io {
std::string last_reason() {
  std::string reason;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned depth, const H5E_error2_t* error, void* out) -> herr_t {
        if (depth == 0 && error->desc != nullptr) *static_cast<std::string*>(out) = error->desc;
        return 0;
      },
      &reason);
  return reason;
}

QuietErrors::QuietErrors() {
  H5dont_atexit();
  H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

QuietErrors::~QuietErrors() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }

std::string Status::where(std::string_view object) const {
  return path_.string() + (object.empty() ? "" : ", /" + std::string(object));
}

void Status::fail(std::string_view what, std::string_view object, std::string found,
                  std::string expected, std::string hint) const {
  throw Error(kind_, {.what = std::string(what),
                      .where = where(object),
                      .found = std::move(found),
                      .expected = std::move(expected),
                      .hint = std::move(hint)});
}

void Status::fail_with_reason(std::string_view what, std::string_view object) const {
  fail(what, object, last_reason(), {});
}

}  // namespace pagequest::traces::io
