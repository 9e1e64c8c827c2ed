// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/words.h"

#include <array>

namespace pagequest::agent {
namespace {

using Word = std::string_view;

constexpr std::array<Word, 80> kEntities = {
    "ada",  "alf",  "amy",  "ann",  "art",  "ava",  "axel", "bea",  "ben",  "bess", "bill", "bob",
    "bram", "cal",  "cara", "carl", "cleo", "cora", "dale", "dan",  "dee",  "dick", "dora", "earl",
    "eda",  "ella", "emil", "eric", "esme", "eve",  "fay",  "finn", "fred", "gail", "gene", "gus",
    "gwen", "hank", "hedy", "hugo", "ida",  "ines", "ivan", "ivy",  "jack", "jade", "jean", "jim",
    "joan", "judd", "kara", "kate", "kim",  "kurt", "lara", "leo",  "lily", "liz",  "luke", "mae",
    "mark", "mia",  "milo", "nash", "neil", "nina", "nora", "olga", "otto", "pam",  "paul", "pia",
    "ralf", "rita", "rosa", "sue",  "theo", "tom",  "vera", "zoe"};
constexpr std::array<Word, 10> kLinks = {"mother", "father", "boss",  "teacher", "friend",
                                         "rival",  "uncle",  "owner", "doctor",  "partner"};
constexpr std::array<Word, 12> kPlain = {"city",  "job",  "colour", "food",  "sport", "pet",
                                         "metal", "tree", "drink",  "hobby", "stone", "car"};
constexpr std::array<Word, 6> kNumeric = {"age", "height", "weight", "score", "rank", "wealth"};
constexpr std::array<Word, 6> kArchive = {"seal", "code", "badge", "motto", "crest", "cipher"};
constexpr std::array<Word, 64> kValues = {
    "acorn",  "amber",  "anvil",  "apple", "arrow", "baker",  "basil", "beech", "birch", "brass",
    "bread",  "cabin",  "candle", "cedar", "chalk", "cherry", "clay",  "clock", "cloud", "coal",
    "coral",  "cotton", "crane",  "crown", "daisy", "delta",  "drum",  "eagle", "ebony", "fern",
    "flame",  "flint",  "flute",  "fox",   "glass", "grape",  "hawk",  "hazel", "honey", "ivory",
    "jasper", "kite",   "lemon",  "linen", "maple", "marble", "moss",  "oak",   "olive", "onyx",
    "opal",   "otter",  "pearl",  "pine",  "plum",  "raven",  "reed",  "ruby",  "sable", "silk",
    "slate",  "steel",  "tulip",  "wheat"};
constexpr std::array<Word, 48> kFiller = {
    "about", "above", "after", "again",  "all",   "along", "also",  "among", "and",  "any",
    "as",    "at",    "away",  "before", "being", "both",  "but",   "by",    "each", "early",
    "even",  "ever",  "far",   "few",    "for",   "from",  "great", "here",  "how",  "in",
    "into",  "just",  "late",  "like",   "long",  "many",  "more",  "most",  "much", "near",
    "often", "on",    "other", "over",   "since", "soon",  "then",  "with"};
constexpr std::array<Word, 32> kMarkers = {
    "<unk>",  "<s>",     "</s>",   "<q>",        "</q>",     "<start>",
    "<call>", "</call>", "<obs>",  "</obs>",     "<answer>", "</answer>",
    "</aux>", "**",      "Memory", "management", "mode",     "{\"del_cursors\":[",
    "<pad>",  "]}",      ",",      ";",          "is",       "=",
    ":",      "-",       "vs",     "base",       "<more>",   "keep",
    "drop",   "hits"};
constexpr std::array<Word, 8> kTools = {"search", "open",  "find",  "found",
                                        "error",  "<max>", "<min>", "page"};

void append(std::vector<std::string>& out, std::span<const Word> words) {
  out.insert(out.end(), words.begin(), words.end());
}

void append_numbered(std::vector<std::string>& out, std::string_view prefix, int count) {
  for (int i = 0; i < count; ++i) out.push_back(std::string(prefix) + std::to_string(i));
}

}  // namespace

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const auto begin = text.find_first_not_of(" \t\n");
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(" \t\n"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::span<const Word> entity_words() { return kEntities; }
std::span<const Word> link_relations() { return kLinks; }
std::span<const Word> plain_relations() { return kPlain; }
std::span<const Word> number_relations() { return kNumeric; }
std::span<const Word> archive_relations() { return kArchive; }
std::span<const Word> plain_values() { return kValues; }
std::span<const Word> filler_words() { return kFiller; }

std::string label_word(int label) { return "a" + std::to_string(label); }
std::string number_word(int number) { return "n" + std::to_string(number); }
std::string document_word(int document) { return "d" + std::to_string(document); }

std::vector<std::string> relation_words() {
  std::vector<std::string> words;
  for (const std::span<const Word> part :
       {link_relations(), plain_relations(), number_relations(), archive_relations()})
    append(words, part);
  return words;
}

std::vector<std::string> vocabulary() {
  std::vector<std::string> words;
  append(words, kMarkers);
  append(words, kTools);
  append_numbered(words, "", kCursors);
  append_numbered(words, "a", kLabels);
  append_numbered(words, "n", kNumbers);
  append_numbered(words, "d", kDocuments);
  for (const std::span<const Word> part :
       {entity_words(), link_relations(), plain_relations(), number_relations(),
        archive_relations(), plain_values(), filler_words()})
    append(words, part);
  return words;
}

}  // namespace pagequest::agent
