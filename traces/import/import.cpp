// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "traces/import/builder.h"
#include "traces/import/importer.h"
#include "traces/import/text_input.h"

namespace pagequest::traces {
namespace {

namespace fs = std::filesystem;

TextInput opened(const std::string& path) { return {open_bytes(path), path}; }

/// The folder's .json files, compressed or not, by name.
std::vector<std::string> json_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    fs::path name = entry.path().filename();
    if (name.extension() == ".gz" || name.extension() == ".zst") name = name.stem();
    if (name.extension() == ".json") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

[[noreturn]] void throw_unknown_content(const std::string& name, bool empty) {
  std::string list;
  for (const ImporterEntry& entry : importers()) {
    list += (list.empty() ? "" : ", ") + std::string(entry.name);
  }
  throw input_error({"cannot tell the format of a request trace", name,
                     empty ? "an empty file" : "none that is known", "one of: " + list,
                     "name the format if the content is of one of these"});
}

const ImporterEntry& importer_for(TextInput& text, const ImportOptions& options) {
  if (!options.format.empty()) return find_importer(options.format);
  const std::string_view head = text.head();
  if (const ImporterEntry* entry = detect_importer(head)) return *entry;
  throw_unknown_content(text.name(), head.empty());
}

RequestTrace finished(RequestTraceBuilder& builder, const ImportOptions& options) {
  RequestTrace trace = builder.finish();
  if (options.rechain) rechain(trace);
  return trace;
}

RequestTrace import_folder(const std::string& folder, const ImportOptions& options) {
  const std::vector<std::string> files = json_files(folder);
  if (files.empty()) {
    throw input_error({"a folder holds no request trace", folder, "no .json files",
                       "sessions as .json, .json.gz or .json.zst files", "check the path"});
  }
  TextInput first = opened(files.front());
  const ImporterEntry& importer = importer_for(first, options);
  if (!importer.folders) {
    throw input_error({"a folder is not a trace of this format", folder, std::string(importer.name),
                       "one file", "import the files one by one"});
  }
  RequestTraceBuilder builder(importer.name, folder);
  for (const std::string& file : files) {
    TextInput text = opened(file);
    importer.import(text, builder, options);
  }
  return finished(builder, options);
}

}  // namespace

const ImporterEntry* detect_request_trace(const std::string& path) {
  if (!fs::exists(path)) return nullptr;
  if (!fs::is_directory(path)) return detect_importer(opened(path).head());
  const std::vector<std::string> files = json_files(path);
  return files.empty() ? nullptr : detect_importer(opened(files.front()).head());
}

RequestTrace import_requests(const std::string& path, const ImportOptions& options) {
  if (fs::is_directory(path)) return import_folder(path, options);
  TextInput text = opened(path);
  return import_requests(text, options);
}

RequestTrace import_requests(TextInput& text, const ImportOptions& options) {
  const ImporterEntry& importer = importer_for(text, options);
  RequestTraceBuilder builder(importer.name, text.name());
  importer.import(text, builder, options);
  return finished(builder, options);
}

}  // namespace pagequest::traces
