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

}  // namespace pagequest::traces::io
