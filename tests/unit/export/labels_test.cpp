// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/svg/labels.h"

#include <catch2/catch.hpp>

namespace pagequest::notebooks_export {
namespace {

TEST_CASE("a lonely label stands to the right of its point") {
  LabelPlacer placer({0, 0}, {500, 300});
  CHECK(placer.place({100, 100}, "full").anchor == "start");
}

TEST_CASE("a label at the right edge moves to the left") {
  LabelPlacer placer({0, 0}, {500, 300});
  const auto placed = placer.place({490, 100}, "sidequest");
  CHECK(placed.anchor == "end");
  CHECK(placed.at.x < 490);
}

TEST_CASE("labels of points at one place do not cover each other") {
  LabelPlacer placer({0, 0}, {500, 300});
  placer.avoid({195, 145}, {205, 155});
  const auto first = placer.place({200, 150}, "streaming");
  const auto second = placer.place({200, 150}, "h2o");
  const auto third = placer.place({200, 150}, "random");
  CHECK(first.anchor != second.anchor);
  CHECK((third.anchor != first.anchor || third.at.y != first.at.y));
  CHECK((third.anchor != second.anchor || third.at.y != second.at.y));
}

TEST_CASE("a label keeps away from a bar through its point") {
  LabelPlacer placer({0, 0}, {500, 300});
  placer.avoid({196, 50}, {204, 250});
  const auto placed = placer.place({200, 150}, "streaming");
  CHECK(placed.anchor != "middle");
}

}  // namespace
}  // namespace pagequest::notebooks_export
