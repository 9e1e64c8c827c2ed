// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "traces/import/builder.h"
#include "traces/import/place.h"
#include "traces/import/text_input.h"

namespace pagequest::traces {

/// A JSON object of a source. Fields go by several names: the first one that is there counts, and
/// null is as good as none. Whatever nobody asks for is ignored. A field of another type than
/// asked for is an input_error.
class JsonRow {
 public:
  using Names = std::initializer_list<std::string_view>;

  JsonRow(simdjson::dom::element value, const Place& place);

  [[nodiscard]] const Place& place() const { return place_; }
  [[nodiscard]] bool has(Names names) const { return find(names).has_value(); }
  [[nodiscard]] std::optional<simdjson::dom::array> array(Names names) const;
  [[nodiscard]] std::optional<std::int64_t> integer(Names names) const;
  [[nodiscard]] std::optional<std::string_view> text(Names names) const;
  /// A text or a whole number, as text.
  [[nodiscard]] std::optional<std::string> label(Names names) const;
  /// Of units of unit_ns nanoseconds; integers are exact.
  [[nodiscard]] std::optional<std::int64_t> nanoseconds(Names names, std::int64_t unit_ns) const;
  /// A count of tokens. Throws input_error if it is not there, and `fallback` is not given.
  [[nodiscard]] std::int32_t tokens(Names names, std::optional<std::int32_t> fallback = {}) const;

  /// Tells the builder the ids of a field, local to `session` if the source's are; false: no field.
  bool add_ids(RequestTraceBuilder& trace, Names names, std::int32_t session) const;

 private:
  struct Field {
    std::string_view name;
    simdjson::dom::element value;
  };
  [[nodiscard]] std::optional<Field> find(Names names) const;
  [[noreturn]] void throw_type(const Field& field, const char* expected) const;

  simdjson::dom::object object_;
  Place place_;
};

/// The JSON values of a text, one a line.
class JsonLines {
 public:
  explicit JsonLines(TextInput& text) : text_(text) {}
  /// Valid until the next call.
  [[nodiscard]] std::optional<JsonRow> next();

 private:
  TextInput& text_;
  simdjson::dom::parser parser_;
};

/// Parses one JSON value; at least TextInput::kPadding more bytes follow it.
[[nodiscard]] simdjson::dom::element parsed(simdjson::dom::parser& parser, std::string_view json,
                                            const Place& place);

/// Whether the first line of `head` has the key: a cheap look for detection.
[[nodiscard]] bool first_line_has_key(std::string_view head, std::string_view key);

}  // namespace pagequest::traces
