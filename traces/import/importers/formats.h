// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "traces/import/importer.h"

namespace pagequest::traces {

// One pair a format, each in the file of that name; registry.cpp lists them.

[[nodiscard]] bool is_azure(std::string_view head);
void import_azure(TextInput& text, RequestTraceBuilder& trace, const ImportOptions& options);

[[nodiscard]] bool is_bailian(std::string_view head);
void import_bailian(TextInput& text, RequestTraceBuilder& trace, const ImportOptions& options);

[[nodiscard]] bool is_burstgpt(std::string_view head);
void import_burstgpt(TextInput& text, RequestTraceBuilder& trace, const ImportOptions& options);

[[nodiscard]] bool is_llmservingsim(std::string_view head);
void import_llmservingsim(TextInput& text, RequestTraceBuilder& trace,
                          const ImportOptions& options);

[[nodiscard]] bool is_mooncake(std::string_view head);
void import_mooncake(TextInput& text, RequestTraceBuilder& trace, const ImportOptions& options);

[[nodiscard]] bool is_vidur(std::string_view head);
void import_vidur(TextInput& text, RequestTraceBuilder& trace, const ImportOptions& options);

[[nodiscard]] bool is_weka(std::string_view head);
void import_weka(TextInput& text, RequestTraceBuilder& trace, const ImportOptions& options);

}  // namespace pagequest::traces
