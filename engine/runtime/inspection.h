// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/events.h"
#include "base/ids.h"

namespace pagequest::runtime {

/// A logical page of a sequence that lies in a physical page.
struct PageOwner {
  SequenceId sequence;
  EpisodeId episode;
  Thread thread;
  std::int32_t logical_page;
  std::vector<std::int32_t> positions;  // of live tokens, ascending
  std::vector<std::int32_t> tokens;     // beside `positions`
  /// Attention mass of the sequence's last step on the page: mean over the layers and KV heads of
  /// the page's KV group. None when the step was not captured or did not see the page.
  std::optional<float> mass;
};

/// A physical page in use.
struct InspectedPage {
  PageId page;
  std::int32_t group;             // KV group
  std::int32_t references;        // owners, and one of the prefix cache if `cached`
  bool cached;                    // kept for sequences that begin with the same tokens
  std::int64_t bytes;             // keys and values
  std::vector<PageOwner> owners;  // by id, then by logical page
};

/// One layer and KV head range whose pages go together.
struct InspectedGroup {
  std::vector<std::int32_t> layers;
  std::vector<std::int32_t> kv_heads;
  std::int32_t window;  // tokens, 0: all
};

/// The pages of an engine between two iterations.
struct Inspection {
  std::int64_t iteration;    // that comes next
  std::int32_t page_size;    // tokens
  std::string_view kv_type;  // how keys and values are stored
  std::int32_t total_pages;  // of the pool
  std::int32_t used_pages;
  std::int64_t page_bytes;
  std::int64_t preemptions;  // so far
  std::vector<InspectedGroup> groups;
  std::vector<InspectedPage> pages;  // in use, by number
};

}  // namespace pagequest::runtime
