// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <utility>

#include "base/event_sink.h"

namespace pagequest::runtime {

/// Passes events on. What the sink throws waits until rethrow(), so that an engine is in order when
/// its caller learns of it; the events between the two are lost to the sink.
class GuardedSink final : public EventSink {
 public:
  /// `sink` must outlive the object.
  explicit GuardedSink(EventSink& sink) : sink_(sink) {}

  void on(const Event& event) override {
    if (failure_ != nullptr) return;
    try {
      sink_.on(event);
    } catch (...) {
      failure_ = std::current_exception();
    }
  }
  [[nodiscard]] bool wants_attention() const override { return sink_.wants_attention(); }

  /// Throws what the sink threw since the last call, if it did.
  void rethrow() {
    if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  EventSink& sink_;
  std::exception_ptr failure_;
};

}  // namespace pagequest::runtime
