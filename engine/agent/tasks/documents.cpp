// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/documents.h"

#include <algorithm>
#include <span>

#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

int draw(Range range, Rng& rng) { return rng.between(range.low, range.high); }

std::string_view pick(std::span<const std::string_view> items, Rng& rng) {
  return items[rng.below(items.size())];
}

/// FNV-1a: names streams of random numbers, stable across platforms.
std::uint64_t hash_text(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

bool is_archive(std::string_view relation) {
  return std::ranges::find(archive_relations(), relation) != archive_relations().end();
}

bool is_planned(const Plan& plan, std::string_view entity) {
  return std::ranges::any_of(plan.roots, [&](const Root& r) { return r.entity == entity; }) ||
         std::ranges::any_of(plan.steps, [&](const Step& s) { return s.value == entity; });
}

void add_filler(Text& text, Range range, Rng& rng) {
  for (int n = draw(range, rng); n > 0; --n) text.add(pick(filler_words(), rng));
}

}  // namespace

Documents::Documents(const HopsSetting& setting, const Plan& plan, std::uint64_t key)
    : setting_(setting), plan_(plan), key_(key) {}

Rng Documents::stream(Kind kind, std::string_view what) const {
  return Rng(key_, hash_text(what) + static_cast<std::uint64_t>(kind));
}

/// An entity that the question doesn't involve: strays must not hold facts that it asks for.
std::string Documents::stranger(Rng& rng) const {
  while (true) {
    const std::string_view name = pick(entity_words(), rng);
    if (!is_planned(plan_, name)) return std::string(name);
  }
}

Documents::Fact Documents::random_fact(std::string entity, Rng& rng) const {
  const std::uint64_t kind = rng.below(28);  // relations are about equally likely
  if (kind < 10) return {std::move(entity), pick(link_relations(), rng), stranger(rng)};
  if (kind < 22)
    return {std::move(entity), pick(plain_relations(), rng),
            std::string(pick(plain_values(), rng))};
  return {std::move(entity), pick(number_relations(), rng),
          number_word(static_cast<int>(rng.below(kNumbers)))};
}

std::vector<Documents::Fact> Documents::planned_facts(std::string_view entity) const {
  std::vector<Fact> facts;
  for (const Step& step : plan_.steps)
    if (step.kind != StepKind::compare && plan_.value_of(step.source) == entity)
      facts.push_back({std::string(entity), step.relation, step.value});
  return facts;
}

std::vector<Documents::Fact> Documents::document_facts(std::string_view entity, Rng& rng) const {
  std::vector<Fact> facts = planned_facts(entity);
  std::erase_if(facts, [](const Fact& fact) { return is_archive(fact.relation); });
  const auto count = static_cast<std::size_t>(draw(setting_.facts, rng));
  while (facts.size() < count) {
    Fact fact = random_fact(std::string(entity), rng);
    if (std::ranges::find(facts, fact.relation, &Fact::relation) == facts.end())
      facts.push_back(std::move(fact));
  }
  for (int n = draw(setting_.strays, rng); n > 0; --n)
    facts.push_back(random_fact(stranger(rng), rng));
  rng.shuffle(facts);
  return facts;
}

std::string Documents::facts_text(const std::vector<Fact>& facts, Rng& rng) const {
  Text text;
  for (const Fact& fact : facts) {
    text.add(fact.entity, fact.relation, fact.value, ";");
    add_filler(text, setting_.filler, rng);
  }
  return text.str();
}

std::vector<Hit> Documents::hits(std::string_view entity) const {
  Rng rng = stream(Kind::hits, entity);
  std::vector<int> documents(kDocuments);
  for (int i = 0; i < kDocuments; ++i) documents[static_cast<std::size_t>(i)] = i;
  rng.shuffle(documents);
  std::vector<Hit> hits = {{std::string(entity), {}}};
  for (const int n = draw(setting_.hits, rng); static_cast<int>(hits.size()) < n;) {
    std::string name = stranger(rng);
    if (std::ranges::find(hits, name, &Hit::entity) == hits.end())
      hits.push_back({std::move(name), {}});
  }
  rng.shuffle(hits);
  for (std::size_t i = 0; i < hits.size(); ++i) hits[i].document = document_word(documents[i]);
  return hits;
}

std::string Documents::document_of(std::string_view entity) const {
  const std::vector<Hit> listed = hits(entity);
  return std::ranges::find(listed, entity, &Hit::entity)->document;
}

std::string Documents::show_hits(const std::vector<Hit>& hits, int cursor, std::string_view label,
                                 std::string_view entity) const {
  Rng rng = stream(Kind::filler, entity);
  const std::string number = std::to_string(cursor);
  Text text;
  text.add("<obs>", number, "hits", ":");
  for (const Hit& hit : hits) {
    text.add(hit.entity, hit.document);
    add_filler(text, setting_.filler, rng);
    text.add(";");
  }
  return text.add("</obs>", number, ";", label, entity).str();
}

std::string Documents::show_document(std::string_view entity, int cursor,
                                     std::string_view label) const {
  Rng rng = stream(Kind::document, entity);
  const std::string number = std::to_string(cursor);
  Text text;
  text.add("<obs>", number, entity, "=", number, ":");
  const std::vector<Fact> facts = document_facts(entity, rng);
  return text.add(facts_text(facts, rng), "</obs>", number, ";", label).str();
}

std::string Documents::show_found(std::string_view entity, std::string_view relation, int cursor,
                                  std::string_view label) const {
  Rng rng = stream(Kind::found, std::string(entity) + ' ' + std::string(relation));
  std::vector<Fact> facts = planned_facts(entity);
  std::erase_if(facts, [&](const Fact& fact) { return fact.relation != relation; });
  if (facts.empty())
    facts.push_back({std::string(entity), relation, std::string(pick(plain_values(), rng))});
  for (int n = draw(setting_.strays, rng); n > 0; --n)
    facts.push_back({stranger(rng), relation, std::string(pick(plain_values(), rng))});
  rng.shuffle(facts);
  const std::string number = std::to_string(cursor);
  Text text;
  text.add("<obs>", number, "found", ":", facts_text(facts, rng), "</obs>", number, ";");
  return text.add(label, "-", "-", "-", entity, relation).str();
}

}  // namespace pagequest::agent
