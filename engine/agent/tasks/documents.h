// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "engine/agent/tasks/plan.h"
#include "engine/agent/tasks/settings.h"

namespace pagequest::agent {

/// A line of a search result.
struct Hit {
  std::string entity;
  std::string document;
};

/// The documents of one episode: whatever is shown depends on the key and the thing shown alone,
/// not on the order of the calls. The plan's facts are in; all else is drawn from the key.
///
/// A display is `<obs> CURSOR ... </obs> CURSOR ; LABEL ...`. Its tail repeats the cursor and the
/// step for which the call was made: the model finds there what to do next, and the auxiliary
/// thread finds by the fourth word after the cursor what kind of display it is.
class Documents {
 public:
  Documents(const HopsSetting& setting, const Plan& plan, std::uint64_t key);

  /// What a search for the entity lists; the entity itself is among the hits.
  [[nodiscard]] std::vector<Hit> hits(std::string_view entity) const;
  [[nodiscard]] std::string document_of(std::string_view entity) const;
  [[nodiscard]] std::string show_hits(const std::vector<Hit>& hits, int cursor,
                                      std::string_view label, std::string_view entity) const;
  [[nodiscard]] std::string show_document(std::string_view entity, int cursor,
                                          std::string_view label) const;
  [[nodiscard]] std::string show_found(std::string_view entity, std::string_view relation,
                                       int cursor, std::string_view label) const;

 private:
  struct Fact {
    std::string entity;
    std::string_view relation;
    std::string value;
  };
  enum class Kind : std::uint8_t { hits, filler, document, found };

  [[nodiscard]] Rng stream(Kind kind, std::string_view what) const;
  [[nodiscard]] std::vector<Fact> planned_facts(std::string_view entity) const;
  [[nodiscard]] std::vector<Fact> document_facts(std::string_view entity, Rng& rng) const;
  [[nodiscard]] Fact random_fact(std::string entity, Rng& rng) const;
  [[nodiscard]] std::string stranger(Rng& rng) const;
  [[nodiscard]] std::string facts_text(const std::vector<Fact>& facts, Rng& rng) const;

  const HopsSetting& setting_;
  const Plan& plan_;
  std::uint64_t key_;
};

}  // namespace pagequest::agent
