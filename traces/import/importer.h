// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "traces/import/request_trace.h"

namespace pagequest::traces {

class RequestTraceBuilder;
class TextInput;

struct ImportOptions {
  std::string format = {};        // name of an importer; "": the one that knows the content
  std::int32_t block_tokens = 0;  // of the ids, where the source does not say; 0: format's default
  bool rechain = false;           // see rechain(), for content_only formats
};

/// One public format of request traces (docs/request_traces.md).
struct ImporterEntry {
  std::string_view name;
  std::string_view description;
  bool folders;  // a folder of .json files is one trace
  /// Whether a text that starts with `head` is of this format. No two importers claim one text.
  bool (*detect)(std::string_view head);
  /// Adds all rows of the text. Throws input_error that names the line.
  void (*import)(TextInput& text, RequestTraceBuilder& trace, const ImportOptions& options);
};

/// Sorted by name.
[[nodiscard]] std::span<const ImporterEntry> importers();
/// Throws usage_error that lists the valid names.
[[nodiscard]] const ImporterEntry& find_importer(std::string_view name);
/// The importer that knows a text by its start, or nullptr.
[[nodiscard]] const ImporterEntry* detect_importer(std::string_view head);

/// The importer that knows the content of a file or folder, or nullptr; also if nothing is there.
/// Throws input_error if it is compressed and damaged.
[[nodiscard]] const ImporterEntry* detect_request_trace(const std::string& path);

/// Reads a file, a folder of the formats that have them, or standard input ("-"), decompressed if
/// need be. Throws input_error, and usage_error on an unknown format.
[[nodiscard]] RequestTrace import_requests(const std::string& path,
                                           const ImportOptions& options = {});
/// The same of a text that is already open.
[[nodiscard]] RequestTrace import_requests(TextInput& text, const ImportOptions& options = {});

}  // namespace pagequest::traces
