// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/policy_model.h"

#include <algorithm>
#include <set>

namespace pagequest::simulator::validation {
namespace {

struct Sequence {
  const ModelRequest* request = nullptr;
  std::int64_t kv = 0;     // tokens with keys and values
  std::int64_t lost = 0;   // tokens that had them before a preemption
  std::int64_t chunk = 0;  // tokens of this iteration
  bool decodes = false;    // in this iteration

  [[nodiscard]] std::int64_t input_end() const { return std::max(lost, request->prompt); }
};

class Model {
 public:
  Model(const std::vector<ModelRequest>& requests, const ModelSettings& settings)
      : settings_(settings) {
    for (const ModelRequest& request : requests) sequences_.push_back({.request = &request});
  }

  ModelRun run() {
    for (std::size_t next = 0;;) {
      for (; next < sequences_.size() && sequences_[next].request->arrival <= now_; ++next) {
        waiting_.insert(next);
      }
      if (running_.empty() && waiting_.empty()) {
        if (next == sequences_.size()) return run_;
        now_ = sequences_[next].request->arrival;
        continue;
      }
      plan();
      compute();
    }
  }

 private:
  void plan() {
    budget_ = settings_.budget;
    preempted_ = false;
    free_ = settings_.pages;
    for (const std::size_t i : running_) free_ -= pages(sequences_[i].kv);
    for (const std::size_t i : running_) {
      sequences_[i].decodes = sequences_[i].kv >= sequences_[i].input_end();
    }
    while (decode_pages() > free_) preempt_last();
    free_ -= decode_pages();
    for (const std::size_t i : running_) budget_ -= sequences_[i].decodes ? 1 : 0;
    for (std::size_t place = 0; place < running_.size() && budget_ > 0; ++place) {
      Sequence& one = sequences_[running_[place]];
      if (!one.decodes) add_chunk(one, place);
    }
    if (!preempted_) admit();
  }

  void admit() {
    while (!waiting_.empty() && budget_ > 0 && count(running_.size()) < settings_.sequences) {
      const std::size_t first = *waiting_.begin();
      const std::int64_t input = sequences_[first].input_end();
      std::int64_t needed = pages(settings_.admit_by_chunk ? std::min(input, budget_) : input);
      for (const std::size_t i : running_) {
        const Sequence& other = sequences_[i];
        if (other.decodes || settings_.admit_by_chunk) continue;
        needed += pages(other.input_end()) - pages(other.kv + other.chunk);
      }
      if (needed > free_) return;
      waiting_.erase(waiting_.begin());
      running_.push_back(first);
      add_chunk(sequences_[first], running_.size() - 1);
    }
  }

  void add_chunk(Sequence& one, std::size_t place) {
    const bool lost_first = one.kv < one.lost && !settings_.resumes_as_vllm;
    one.chunk = std::min(budget_, (lost_first ? one.lost : one.input_end()) - one.kv);
    budget_ -= one.chunk;
    const std::int64_t needed = pages(one.kv + one.chunk) - pages(one.kv);
    while (needed > free_) {
      if (place == running_.size() - 1) one.chunk = 0;  // it has no pages yet
      preempt_last();
      if (place == running_.size()) return;
    }
    free_ -= needed;
  }

  /// The one that came in last loses all that it has. A page that was set aside for its decode step
  /// stays so until the iteration's end.
  void preempt_last() {
    const std::size_t last = running_.back();
    Sequence& one = sequences_[last];
    const std::int64_t now_lost =
        one.kv + (settings_.resumes_as_vllm && one.decodes && one.kv >= one.lost ? 1 : 0);
    one.lost = std::max(one.lost, now_lost);
    free_ += pages(one.kv + one.chunk);
    budget_ += one.decodes && preempted_in_prefill() ? 1 : 0;
    one.kv = one.chunk = 0;
    one.decodes = false;
    running_.pop_back();
    waiting_.insert(last);
    preempted_ = true;
    ++run_.preemptions;
  }

  [[nodiscard]] bool preempted_in_prefill() const { return budget_ < settings_.budget; }

  void compute() {
    ++run_.iterations;
    std::int64_t tokens = 0;
    for (const std::size_t i : running_) {
      Sequence& one = sequences_[i];
      run_.recomputed += std::min(one.kv + one.chunk, one.lost) - std::min(one.kv, one.lost);
      one.chunk += one.decodes ? 1 : 0;
      tokens += one.chunk;
      one.kv += one.chunk;
      one.chunk = 0;
    }
    now_ += settings_.fixed + settings_.per_token * tokens;
    std::erase_if(running_, [&](std::size_t i) {
      const ModelRequest& request = *sequences_[i].request;
      const bool ended = sequences_[i].kv == request.prompt + request.output - 1;
      if (ended) run_.ends.push_back({now_, request.arrival});
      return ended;
    });
  }

  [[nodiscard]] std::int64_t pages(std::int64_t tokens) const {
    return (tokens + settings_.page - 1) / settings_.page;
  }
  [[nodiscard]] std::int64_t decode_pages() const {
    std::int64_t sum = 0;
    for (const std::size_t i : running_) {
      const Sequence& one = sequences_[i];
      sum += one.decodes ? pages(one.kv + 1) - pages(one.kv) : 0;
    }
    return sum;
  }
  [[nodiscard]] static std::int64_t count(std::size_t n) { return static_cast<std::int64_t>(n); }

  ModelSettings settings_;
  ModelRun run_;
  std::vector<Sequence> sequences_;
  std::set<std::size_t> waiting_;     // by arrival
  std::vector<std::size_t> running_;  // by admission
  std::int64_t now_ = 0;
  std::int64_t free_ = 0;    // pages
  std::int64_t budget_ = 0;  // tokens left of the iteration
  bool preempted_ = false;   // in it
};

}  // namespace

ModelRun run_model(const std::vector<ModelRequest>& requests, const ModelSettings& settings) {
  return Model(requests, settings).run();
}

}  // namespace pagequest::simulator::validation
