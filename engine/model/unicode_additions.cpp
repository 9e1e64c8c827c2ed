// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/unicode_additions.h"

#include <algorithm>
#include <iterator>

namespace pagequest::model {
namespace {

struct Range {
  char32_t first;
  char32_t last;
  CharKind kind;
};

// Letters, marks and numbers among the code points of Unicode 15.1 and 16.0 (UnicodeData.txt).
constexpr Range kRanges[] = {
    {0x897, 0x897, CharKind::mark},         {0x1C89, 0x1C89, CharKind::upper},
    {0x1C8A, 0x1C8A, CharKind::lower},      {0xA7CB, 0xA7CC, CharKind::upper},
    {0xA7CD, 0xA7CD, CharKind::lower},      {0xA7DA, 0xA7DA, CharKind::upper},
    {0xA7DB, 0xA7DB, CharKind::lower},      {0xA7DC, 0xA7DC, CharKind::upper},
    {0x105C0, 0x105F3, CharKind::caseless}, {0x10D40, 0x10D49, CharKind::number},
    {0x10D4A, 0x10D4F, CharKind::caseless}, {0x10D50, 0x10D65, CharKind::upper},
    {0x10D69, 0x10D6D, CharKind::mark},     {0x10D6F, 0x10D6F, CharKind::caseless},
    {0x10D70, 0x10D85, CharKind::lower},    {0x10EC2, 0x10EC4, CharKind::caseless},
    {0x10EFC, 0x10EFC, CharKind::mark},     {0x11380, 0x11389, CharKind::caseless},
    {0x1138B, 0x1138B, CharKind::caseless}, {0x1138E, 0x1138E, CharKind::caseless},
    {0x11390, 0x113B5, CharKind::caseless}, {0x113B7, 0x113B7, CharKind::caseless},
    {0x113B8, 0x113C0, CharKind::mark},     {0x113C2, 0x113C2, CharKind::mark},
    {0x113C5, 0x113C5, CharKind::mark},     {0x113C7, 0x113CA, CharKind::mark},
    {0x113CC, 0x113D0, CharKind::mark},     {0x113D1, 0x113D1, CharKind::caseless},
    {0x113D2, 0x113D2, CharKind::mark},     {0x113D3, 0x113D3, CharKind::caseless},
    {0x113E1, 0x113E2, CharKind::mark},     {0x116D0, 0x116E3, CharKind::number},
    {0x11BC0, 0x11BE0, CharKind::caseless}, {0x11BF0, 0x11BF9, CharKind::number},
    {0x11F5A, 0x11F5A, CharKind::mark},     {0x13460, 0x143FA, CharKind::caseless},
    {0x16100, 0x1611D, CharKind::caseless}, {0x1611E, 0x1612F, CharKind::mark},
    {0x16130, 0x16139, CharKind::number},   {0x16D40, 0x16D6C, CharKind::caseless},
    {0x16D70, 0x16D79, CharKind::number},   {0x18CFF, 0x18CFF, CharKind::caseless},
    {0x1CCF0, 0x1CCF9, CharKind::number},   {0x1E5D0, 0x1E5ED, CharKind::caseless},
    {0x1E5EE, 0x1E5EF, CharKind::mark},     {0x1E5F0, 0x1E5F0, CharKind::caseless},
    {0x1E5F1, 0x1E5FA, CharKind::number},   {0x2EBF0, 0x2EE5D, CharKind::caseless}};

}  // namespace

CharKind added_char_kind(char32_t code_point) {
  const auto* const range =
      std::find_if(std::begin(kRanges), std::end(kRanges),
                   [&](const Range& candidate) { return code_point <= candidate.last; });
  const bool inside = range != std::end(kRanges) && code_point >= range->first;
  return inside ? range->kind : CharKind::other;
}

}  // namespace pagequest::model
