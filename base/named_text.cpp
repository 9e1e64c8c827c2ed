// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/named_text.h"

#include <sstream>

#include "base/error.h"

namespace pagequest {
namespace {

void add_parameter(const std::string& what, const std::string& piece, NamedText& out) {
  const auto equals = piece.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw usage_error({.what = "bad parameter of a " + what,
                       .where = out.name,
                       .found = piece,
                       .expected = "key=value",
                       .hint = {}});
  }
  if (!out.given.emplace(piece.substr(0, equals), piece.substr(equals + 1)).second) {
    throw usage_error({.what = "a parameter of a " + what + " is given twice",
                       .where = out.name,
                       .found = piece,
                       .expected = {},
                       .hint = {}});
  }
}

}  // namespace

NamedText parse_named_text(const std::string& what, const std::string& text) {
  const auto colon = text.find(':');
  NamedText out{.name = text.substr(0, colon), .given = {}};
  if (colon == std::string::npos) return out;
  std::istringstream pieces(text.substr(colon + 1));
  for (std::string piece; std::getline(pieces, piece, ',');) add_parameter(what, piece, out);
  return out;
}

}  // namespace pagequest
