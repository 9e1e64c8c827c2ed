// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/sweep_file.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <yaml-cpp/yaml.h>

#include "base/error.h"
#include "base/params.h"
#include "simulator/sweep/sweep_range.h"

namespace pagequest::simulator {
namespace {

std::string line_of(const std::string& where, const YAML::Mark& mark) {
  if (mark.is_null()) return where;
  return where + ", line " + std::to_string(mark.line + 1);
}

/// One sweep file under the parser; all messages come from here.
class SweepParser {
 public:
  SweepParser(std::string where, const SweepNames& names)
      : where_(std::move(where)), names_(names) {}

  [[nodiscard]] SweepFile parse(const std::string& text) {
    const YAML::Node root = load(text);
    for_each(root, "key of a sweep file", {"axes", "fixed", "search"},
             [this](const std::string& key, const YAML::Node& value) {
               if (key == "fixed") read_fixed(value);
               if (key == "axes") read_axes(value);
               if (key == "search") read_search(value);
             });
    if (file_.axes.empty()) fail(root, "no axes", "`axes:` with at least one setting");
    expect_few_points(root);
    return std::move(file_);
  }

 private:
  template <class Read>
  void for_each(const YAML::Node& map, std::string_view kind, const std::vector<std::string>& valid,
                const Read& read) {
    if (!map.IsMap()) fail(map, "something else", "a map of " + std::string(kind) + "s");
    std::set<std::string> seen;
    for (const auto& entry : map) {
      const std::string key = scalar(entry.first);
      expect_known(entry.first, kind, key, valid);
      if (!seen.insert(key).second) fail(entry.first, "`" + key + "` twice", "each key once");
      read(key, entry.second);
    }
  }

  [[nodiscard]] YAML::Node load(const std::string& text) const {
    try {
      return YAML::Load(text);
    } catch (const YAML::Exception& error) {
      throw input_error({.what = "can't read the sweep",
                         .where = line_of(where_, error.mark),
                         .found = error.msg,
                         .expected = "YAML",
                         .hint = {}});
    }
  }

  [[noreturn]] void fail(const YAML::Node& at, const std::string& found,
                         const std::string& expected) const {
    throw input_error({.what = "can't read the sweep",
                       .where = line_of(where_, at.Mark()),
                       .found = found,
                       .expected = expected,
                       .hint = {}});
  }

  void expect_known(const YAML::Node& at, std::string_view kind, const std::string& name,
                    const std::vector<std::string>& valid) const {
    if (std::find(valid.begin(), valid.end(), name) != valid.end()) return;
    try {
      throw_unknown_name(kind, name, valid);
    } catch (const Error& error) {
      ErrorInfo info = error.info();
      info.where = line_of(where_, at.Mark());
      throw input_error(info);
    }
  }

  [[nodiscard]] std::string scalar(const YAML::Node& node) const {
    if (!node.IsScalar() || node.Scalar().empty()) {
      fail(node, "something else", "a text or a number");
    }
    return node.Scalar();
  }

  [[nodiscard]] double real(const YAML::Node& node) const {
    double value = 0.0;
    if (!parse_real(scalar(node), value)) fail(node, "`" + scalar(node) + "`", "a number");
    return value;
  }

  void read_fixed(const YAML::Node& node) {
    for_each(node, "setting", names_.settings,
             [this](const std::string& name, const YAML::Node& value) {
               expect_once(value, name);
               file_.fixed[name] = scalar(value);
             });
  }

  void read_axes(const YAML::Node& node) {
    for_each(node, "setting", names_.settings,
             [this](const std::string& name, const YAML::Node& value) {
               expect_once(value, name);
               file_.axes.push_back({name, value.IsMap() ? range(value) : list(value)});
             });
  }

  void expect_once(const YAML::Node& at, const std::string& name) const {
    const auto same = [&](const SweepAxis& axis) { return axis.name == name; };
    if (file_.fixed.contains(name) || std::any_of(file_.axes.begin(), file_.axes.end(), same)) {
      fail(at, "`" + name + "` as fixed and as an axis", "one of both");
    }
  }

  [[nodiscard]] std::vector<std::string> list(const YAML::Node& node) const {
    if (!node.IsSequence() || node.size() == 0) {
      fail(node, "no values", "a list, or a range {from: 1, to: 9, step: 2}");
    }
    std::vector<std::string> values;
    for (const auto& item : node) {
      const std::string value = scalar(item);
      if (std::find(values.begin(), values.end(), value) != values.end()) {
        fail(item, "`" + value + "` twice", "each value once");
      }
      values.push_back(value);
    }
    return values;
  }

  [[nodiscard]] std::vector<std::string> range(const YAML::Node& node) {
    SweepRange range;
    for_each(node, "key of a range", {"from", "step", "times", "to"},
             [&](const std::string& key, const YAML::Node& value) {
               double& slot = key == "from"   ? range.from
                              : key == "to"   ? range.to
                              : key == "step" ? range.step
                                              : range.times;
               slot = real(value);
             });
    if (!node["from"] || !node["to"]) fail(node, "a range without ends", "`from` and `to`");
    const std::string fault = fault_of(range);
    if (!fault.empty()) fail(node, fault, "from <= to, and a step above 0 or times above 1");
    return values_of(range, kMostSweepPoints);
  }

  void read_search(const YAML::Node& node) {
    SearchSpec search;
    for_each(node, "key of a search", {"maximise", "minimise", "points"},
             [&](const std::string& key, const YAML::Node& value) {
               if (key == "points") {
                 search.points = whole(value);
               } else {
                 add_objectives(value, key == "maximise", search);
               }
             });
    if (search.objectives.empty()) fail(node, "no objectives", "`maximise` or `minimise`");
    if (search.points < 1) fail(node, "no budget", "`points`, a number of points above 0");
    file_.search = search;
  }

  [[nodiscard]] std::int64_t whole(const YAML::Node& node) const {
    const double value = real(node);
    const bool fits = value >= 1.0 && value <= static_cast<double>(kMostSweepPoints) &&
                      value == static_cast<double>(static_cast<std::int64_t>(value));
    if (!fits)
      fail(node, "`" + scalar(node) + "`", "from 1 to " + std::to_string(kMostSweepPoints));
    return static_cast<std::int64_t>(value);
  }

  void add_objectives(const YAML::Node& node, bool maximise, SearchSpec& search) const {
    for (const auto& metric : list(node)) {
      if (!names_.metrics.empty()) expect_known(node, "metric", metric, names_.metrics);
      for (const auto& other : search.objectives) {
        if (other.metric == metric) fail(node, "`" + metric + "` twice", "each metric once");
      }
      search.objectives.push_back({metric, maximise});
    }
  }

  void expect_few_points(const YAML::Node& root) const {
    std::size_t points = 1;
    for (const auto& axis : file_.axes) {
      points *= axis.values.size();
      if (points <= static_cast<std::size_t>(kMostSweepPoints)) continue;
      fail(root, "axes with more combinations",
           "at most " + std::to_string(kMostSweepPoints) + " points");
    }
  }

  std::string where_;
  const SweepNames& names_;
  SweepFile file_;
};

}  // namespace

SweepFile parse_sweep(const std::string& text, const std::string& where, const SweepNames& names) {
  return SweepParser(where, names).parse(text);
}

}  // namespace pagequest::simulator
