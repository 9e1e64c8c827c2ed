// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Agent sessions as github.com/callanjfox/kv-cache-tester (traces/) and the cc-traces corpora have
// them: one JSON object a session, times in seconds from its start, ids of the full blocks of 64
// tokens that mean something within the session only, sub-agents nested between the requests.
//
// The entry of a sub-agent stands where its result came back: its t is its end. Of the 63
// sub-agents in 710 sessions of kv-cache-tester, 59 have a duration, and for all of them t -
// duration_ms is not before the end of the request that started them (for 57 within 2 s of it,
// siblings together), and the next request follows t. The other four are marked async_launched,
// have no duration, and stand where they start. Times inside count from the start, or on the
// session's clock.
#include <algorithm>
#include <string>

#include "traces/import/importers/formats.h"
#include "traces/import/json_row.h"

namespace pagequest::traces {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kMostNs = 100'000'000 * kSecond;  // three years: sums of some stay times
constexpr std::int64_t kRounding = kSecond;              // most times are whole seconds

std::optional<std::int64_t> time_of(const JsonRow& json, std::string_view name,
                                    std::int64_t unit_ns) {
  const auto time = json.nanoseconds({name}, unit_ns);
  if (!time || *time <= kMostNs) return time;
  throw row_error(json.place(), "a time is impossible",
                  std::string(name) + " = " + std::to_string(*time / unit_ns),
                  "at most three years", "correct or remove the session");
}

class SessionImporter {
 public:
  SessionImporter(RequestTraceBuilder& trace, const JsonRow& json)
      : trace_(trace), file_(json.place()), root_(trace.new_session()) {
    const bool global = json.text({"hash_id_scope"}).value_or("local") == "global";
    trace_.set_identity({json.tokens({"block_size"}), TailRule::floor,
                         global ? IdScope::global : IdScope::per_session},
                        file_);
    add_requests(json, root_, 0);
  }

 private:
  void add_requests(const JsonRow& json, std::int32_t session, std::int64_t offset) {
    const auto requests = json.array({"requests"});
    if (!requests) {
      throw row_error(json.place(), "a session has no requests", "no such field",
                      "a list in requests", "check that the file is complete");
    }
    for (const simdjson::dom::element value : *requests) {
      ++number_;
      const JsonRow request(value, {file_.source, file_.line, "request", number_});
      trace_.read_row();
      if (request.text({"type"}).value_or("") == "subagent") {
        trace_.skip("sub-agent entries, read as sessions");
        add_agent(request, session, offset);
      } else {
        add_request(request, session, offset);
      }
    }
  }

  void add_request(const JsonRow& json, std::int32_t session, std::int64_t offset) {
    RequestRow row;
    row.session = session;
    row.arrival_ns = offset + time_of(json, "t", kSecond).value_or(0);
    row.duration_ns = time_of(json, "api_time", kSecond).value_or(-1);
    row.input_tokens = json.tokens({"in"});
    row.output_tokens = json.tokens({"out"}, 1);
    row.kind = trace_.kind(json.text({"type"}).value_or(""));
    if (const std::int32_t last = trace_.last_row(session); last >= 0) {
      const std::int64_t pause = row.arrival_ns - end_of(trace_.row(last));
      row.delay_ns = std::max<std::int64_t>(pause, 0);
    }
    if (row.duration_ns < 0) trace_.note("requests without api_time: it counts as a pause");
    json.add_ids(trace_, {"hash_ids"}, root_);
    trace_.add(row, json.place());
  }

  void add_agent(const JsonRow& json, std::int32_t parent, std::int64_t offset) {
    if (!json.has({"requests"})) {
      trace_.note("sub-agents without requests, left out");
      return;
    }
    const std::int64_t t = offset + time_of(json, "t", kSecond).value_or(0);
    const std::int64_t duration = time_of(json, "duration_ms", kMillisecond).value_or(0);
    RequestSession agent{.parent = parent, .parent_row = trace_.last_row(parent)};
    const std::int64_t earliest = agent.parent_row < 0 ? 0 : end_of(trace_.row(agent.parent_row));
    // Where t - duration comes before the request that starts the agent, t must be its start.
    const bool t_is_end = t - duration + kRounding >= earliest;
    agent.start_ns = t_is_end ? std::max<std::int64_t>(t - duration, 0) : t;
    const std::int64_t inside = first_time(json);
    const bool relative = inside + kRounding < std::max(agent.start_ns, earliest) - offset;
    if (!relative) agent.start_ns = offset + inside;
    agent.end_ns = agent.start_ns + duration;
    if (agent.start_ns > kMostNs) {
      throw row_error(json.place(), "a sub-agent starts too late",
                      std::to_string(agent.start_ns / kSecond) + " s", "at most three years",
                      "correct or remove the session");
    }
    const std::int32_t session = trace_.new_session(agent);
    add_requests(json, session, relative ? agent.start_ns : offset);
    close(session);
  }

  /// An agent ends no earlier than its last request.
  void close(std::int32_t index) {
    const std::int32_t last = trace_.last_row(index);
    if (last < 0) return;
    RequestSession& agent = trace_.session(index);
    agent.end_ns = std::max(agent.end_ns, end_of(trace_.row(last)));
  }

  static std::int64_t end_of(const RequestRow& row) {
    return row.arrival_ns + std::max<std::int64_t>(row.duration_ns, 0);
  }

  static std::int64_t first_time(const JsonRow& json) {
    const auto requests = json.array({"requests"});
    if (!requests || requests->size() == 0) return 0;
    return time_of(JsonRow(requests->at(0).value(), json.place()), "t", kSecond).value_or(0);
  }

  RequestTraceBuilder& trace_;
  Place file_;
  std::int32_t root_;
  std::int64_t number_ = 0;  // of the request, nested ones counted
};

/// Whether a line is a session. In a text that is laid out for reading the first line is a brace.
bool is_one_a_line(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\n'));
  return line.find_first_not_of(" \t\r{") != std::string_view::npos;
}

}  // namespace

bool is_weka(std::string_view head) {
  return head.find_first_not_of(" \t\r\n") == head.find('{') && !head.empty() &&
         head.find("\"hash_id_scope\"") != std::string_view::npos &&
         head.find("\"requests\"") != std::string_view::npos;
}

void import_weka(TextInput& text, RequestTraceBuilder& trace, const ImportOptions&) {
  trace.set_times(Clock::session, TimeUnit::seconds);
  if (is_one_a_line(text.head())) {
    JsonLines lines(text);
    while (const auto json = lines.next()) SessionImporter(trace, *json);
    return;
  }
  simdjson::dom::parser parser;
  const Place place{text.name()};
  SessionImporter(trace, JsonRow(parsed(parser, text.rest(), place), place));
}

}  // namespace pagequest::traces
