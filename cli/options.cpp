// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_depth.h"
#include "base/params.h"

namespace pagequest::cli {
namespace {

using nlohmann::json;
using TextMap = std::map<std::string, std::string>;

std::string key_of(const Option& option) {
  std::string key = option.name;
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

/// Without the `{false}` that CLI11 puts behind the negative name of a flag.
class OptionFormatter final : public CLI::Formatter {
 public:
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    constexpr std::string_view kMark = "{false}";
    std::string name = CLI::Formatter::make_option_name(option, is_positional);
    const auto at = name.find(kMark);
    return at == std::string::npos ? name : name.erase(at, kMark.size());
  }
};

void add_flag(CLI::App& command, const Option& option) {
  const std::string flag = "--" + option.name;
  std::visit(
      [&](auto* value) {
        using T = std::decay_t<decltype(*value)>;
        if constexpr (std::is_same_v<T, bool>) {
          command.add_flag(flag + ",!--no-" + option.name, *value,
                           option.help + (*value ? "; on by default" : "; off by default"));
        } else if constexpr (std::is_same_v<T, TextMap>) {
          command.add_option_function<std::vector<std::string>>(
              flag,
              [value](const std::vector<std::string>& pairs) {
                for (const auto& text : pairs) {
                  auto [name, given] = parse_pair(text);
                  value->insert_or_assign(std::move(name), std::move(given));
                }
              },
              option.help + ", NAME=VALUE, repeatable");
        } else {
          command.add_option(flag, *value, option.help)->capture_default_str();
        }
      },
      option.value);
}

[[noreturn]] void throw_bad_value(const std::string& file, const std::string& key,
                                  const json& value) {
  throw usage_error({.what = "bad value in the configuration",
                     .where = file + ", key `" + key + "`",
                     .found = value.dump(),
                     .expected = "the type that --help shows",
                     .hint = {}});
}

template <class T>
bool in_range(const json& value) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    return value.is_number_unsigned() ? std::in_range<T>(value.get<std::uint64_t>())
                                      : std::in_range<T>(value.get<std::int64_t>());
  }
  return true;
}

void assign(const Option& option, const json& value, const std::string& file) {
  std::visit(
      [&](auto* target) {
        try {
          using T = std::decay_t<decltype(*target)>;
          const bool fits = std::is_same_v<T, bool>          ? value.is_boolean()
                            : std::is_integral_v<T>          ? value.is_number_integer()
                            : std::is_floating_point_v<T>    ? value.is_number()
                            : std::is_same_v<T, std::string> ? value.is_string()
                                                             : value.is_object();
          if (!fits || !in_range<T>(value)) throw_bad_value(file, key_of(option), value);
          *target = value.get<T>();
        } catch (const json::exception&) {
          throw_bad_value(file, key_of(option), value);
        }
      },
      option.value);
}

json parse_file(const std::string& path) {
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const bool deep = nests_too_deep(text);
  auto document = deep ? json() : json::parse(text, nullptr, false);
  if (in && document.is_object()) return document;
  const std::string content =
      deep ? "brackets nested deeper than " + std::to_string(kDeepestJson) : "no JSON object";
  throw input_error({.what = "can't read the configuration",
                     .where = path,
                     .found = in ? content : "no readable file",
                     .expected = "a JSON object of option names and values",
                     .hint = {}});
}

void load_file(CLI::App& command, const std::vector<Option>& options, const std::string& path) {
  std::vector<std::string> valid;
  for (const auto& option : options) valid.push_back(key_of(option));
  const json document = parse_file(path);
  for (const auto& [key, value] : document.items()) {
    const auto at = std::find(valid.begin(), valid.end(), key);
    if (at == valid.end()) throw_unknown_name("configuration key", key, valid);
    const Option& option = options[static_cast<std::size_t>(at - valid.begin())];
    if (command.get_option("--" + option.name)->empty()) assign(option, value, path);
  }
}

}  // namespace

std::pair<std::string, std::string> parse_pair(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw usage_error({.what = "can't read a parameter",
                       .where = {},
                       .found = text,
                       .expected = "NAME=VALUE",
                       .hint = "`pagequest list` shows the parameters"});
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void add_options(CLI::App& command, const std::vector<Option>& options) {
  command.formatter(std::make_shared<OptionFormatter>());
  for (const auto& option : options) add_flag(command, option);
  auto* file = command.add_option("--config", "JSON file with any of these options");
  command.parse_complete_callback([&command, options, file] {
    if (!file->empty()) load_file(command, options, file->as<std::string>());
  });
}

std::string resolved_json(const std::vector<Option>& options) {
  json document = json::object();
  for (const auto& option : options) {
    std::visit([&](const auto* value) { document[key_of(option)] = *value; }, option.value);
  }
  return document.dump();
}

}  // namespace pagequest::cli
