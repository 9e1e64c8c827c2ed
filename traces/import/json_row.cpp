// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/import/json_row.h"

#include <cmath>
#include <limits>
#include <span>

#include "base/hash_words.h"

namespace pagequest::traces {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

static_assert(TextInput::kPadding >= simdjson::SIMDJSON_PADDING);

/// Also 12.0, as tools write it that turn columns into floating point numbers.
std::optional<std::int64_t> whole_number(element value) {
  std::int64_t integer = 0;
  if (value.get(integer) == simdjson::SUCCESS) return integer;
  constexpr double kExact = 9007199254740992.0;  // 2^53
  double real = 0;
  if (value.type() != element_type::DOUBLE || value.get(real) != simdjson::SUCCESS) return {};
  if (std::trunc(real) != real || std::abs(real) > kExact) return {};
  return static_cast<std::int64_t>(real);
}

std::optional<std::uint64_t> block_id(element value) {
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  std::string_view text;
  if (value.get(integer) == simdjson::SUCCESS) return static_cast<std::uint64_t>(integer);
  if (value.get(natural) == simdjson::SUCCESS) return natural;
  if (value.get(text) != simdjson::SUCCESS) return {};
  return hash_words(text.size(), std::as_bytes(std::span(text)));
}

}  // namespace

JsonRow::JsonRow(element value, const Place& place) : place_(place) {
  if (value.get(object_) != simdjson::SUCCESS) {
    throw row_error(place, "a row is not a JSON object", simdjson::minify(value).substr(0, 40),
                    "{...}", "check the format of the file");
  }
}

std::optional<JsonRow::Field> JsonRow::find(Names names) const {
  for (const std::string_view name : names) {
    element value;
    if (object_.at_key(name).get(value) == simdjson::SUCCESS && !value.is_null()) {
      return Field{name, value};
    }
  }
  return std::nullopt;
}

void JsonRow::throw_type(const Field& field, const char* expected) const {
  throw row_error(place_, "a field has another type than it should",
                  std::string(field.name) + " = " + simdjson::minify(field.value).substr(0, 40),
                  expected, "correct or remove the row");
}

std::optional<simdjson::dom::array> JsonRow::array(Names names) const {
  const auto field = find(names);
  if (!field) return std::nullopt;
  simdjson::dom::array out;
  if (field->value.get(out) != simdjson::SUCCESS) throw_type(*field, "a list");
  return out;
}

std::optional<std::int64_t> JsonRow::integer(Names names) const {
  const auto field = find(names);
  if (!field) return std::nullopt;
  const auto number = whole_number(field->value);
  if (!number) throw_type(*field, "a whole number");
  return number;
}

std::optional<std::string_view> JsonRow::text(Names names) const {
  const auto field = find(names);
  if (!field) return std::nullopt;
  std::string_view out;
  if (field->value.get(out) != simdjson::SUCCESS) throw_type(*field, "a text");
  return out;
}

std::optional<std::string> JsonRow::label(Names names) const {
  const auto field = find(names);
  if (!field) return std::nullopt;
  std::string_view out;
  if (field->value.get(out) == simdjson::SUCCESS) return std::string(out);
  const auto number = whole_number(field->value);
  if (!number) throw_type(*field, "a text or a whole number");
  return std::to_string(*number);
}

std::optional<std::int64_t> JsonRow::nanoseconds(Names names, std::int64_t unit_ns) const {
  const auto field = find(names);
  if (!field) return std::nullopt;
  std::int64_t integer = 0;
  if (field->value.get(integer) == simdjson::SUCCESS) {
    return to_nanoseconds(integer, unit_ns, place_, field->name);
  }
  double real = 0;
  if (field->value.get(real) != simdjson::SUCCESS) throw_type(*field, "a number");
  return to_nanoseconds(real, unit_ns, place_, field->name);
}

std::int32_t JsonRow::tokens(Names names, std::optional<std::int32_t> fallback) const {
  const auto count = integer(names);
  if (count && *count >= std::numeric_limits<std::int32_t>::min() &&
      *count <= std::numeric_limits<std::int32_t>::max()) {
    return static_cast<std::int32_t>(*count);
  }
  if (!count && fallback) return *fallback;
  throw row_error(place_, "a row has no usable " + std::string(*names.begin()),
                  count ? std::to_string(*count) : "no such field", "a number of tokens below 2^31",
                  "texts must be turned into token counts first");
}

bool JsonRow::add_ids(RequestTraceBuilder& trace, Names names, std::int32_t session) const {
  const auto ids = array(names);
  if (!ids) return false;
  const bool local = trace.identity().scope == IdScope::per_session;
  for (const element value : *ids) {
    const auto id = block_id(value);
    if (!id) throw_type({*names.begin(), value}, "ids that are whole numbers or texts");
    local ? trace.add_local_id(*id, session) : trace.add_id(*id);
  }
  return true;
}

std::optional<JsonRow> JsonLines::next() {
  const auto line = text_.next_line();
  if (!line) return std::nullopt;
  const Place place{text_.name(), text_.line()};
  return JsonRow(parsed(parser_, *line, place), place);
}

element parsed(simdjson::dom::parser& parser, std::string_view json, const Place& place) {
  element value;
  const auto error = parser.parse(json.data(), json.size(), false).get(value);
  if (error == simdjson::SUCCESS) return value;
  throw row_error(place, "a row is not valid JSON", simdjson::error_message(error),
                  "one JSON value", "check that the file is complete and of the format");
}

bool first_line_has_key(std::string_view head, std::string_view key) {
  const std::string_view line = head.substr(0, head.find('\n'));
  const std::string quoted = '"' + std::string(key) + '"';
  return line.starts_with('{') && line.find(quoted) != std::string_view::npos;
}

}  // namespace pagequest::traces
