// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>

#include "base/check.h"
#include "engine/model/unicode.h"

namespace pagequest::model {
namespace {

/// Below U+0300 nothing composes or decomposes into something else in NFC.
bool is_surely_nfc(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0xCC; });
}

/// NFC of the characters of Unicode 9.0. Later ones are left alone, as by a normalizer that does
/// not know them: that is the version of the reference library, whose ids models are trained on.
class Nfc {
 public:
  Nfc() {
    known_.freeze();
    PQ_CHECK(U_SUCCESS(status_) != 0, "ICU has its data");
  }

  [[nodiscard]] std::string normalize(std::string_view input) const {
    const std::string text = with_sorted_marks(input);
    std::string out;
    icu::StringByteSink<std::string> sink(&out);
    UErrorCode status = U_ZERO_ERROR;
    const icu::StringPiece piece(text.data(), static_cast<std::int32_t>(text.size()));
    filtered_.normalizeUTF8(0, piece, sink, nullptr, status);
    PQ_CHECK(U_SUCCESS(status) != 0, "text has a normal form");
    return out;
  }

 private:
  struct Mark {
    std::uint8_t combining_class;
    std::string_view bytes;
  };

  /// Puts the marks of each run into canonical order (The Unicode Standard, section 3.11, D109),
  /// which NFC would do too, but ICU in quadratic time.
  [[nodiscard]] std::string with_sorted_marks(std::string_view text) const {
    std::string out;
    out.reserve(text.size());
    std::vector<Mark> run;
    while (!text.empty()) {
      const Utf8Char c = first_char(text);
      const auto point = static_cast<UChar32>(c.code_point);
      const Mark mark{known_.contains(point) ? u_getCombiningClass(point) : std::uint8_t{0},
                      text.substr(0, c.bytes)};
      if (mark.combining_class == 0) append_sorted(run, out);
      if (mark.combining_class == 0) out += mark.bytes;
      if (mark.combining_class != 0) run.push_back(mark);
      text.remove_prefix(c.bytes);
    }
    append_sorted(run, out);
    return out;
  }

  static void append_sorted(std::vector<Mark>& run, std::string& out) {
    std::stable_sort(run.begin(), run.end(), [](const Mark& a, const Mark& b) {
      return a.combining_class < b.combining_class;
    });
    for (const Mark& mark : run) out += mark.bytes;
    run.clear();
  }

  UErrorCode status_ = U_ZERO_ERROR;
  icu::UnicodeSet known_{u"[:age=9.0:]", status_};
  icu::FilteredNormalizer2 filtered_{*icu::Normalizer2::getNFCInstance(status_), known_};
};

}  // namespace

std::string nfc(std::string_view text) {
  if (is_surely_nfc(text)) return std::string(text);
  static const Nfc kNfc;
  return kNfc.normalize(text);
}

}  // namespace pagequest::model
