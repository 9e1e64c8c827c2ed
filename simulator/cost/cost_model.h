// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simulator/cost/roofline_cost.h"

namespace pagequest::simulator {

/// The name that the serving code knows it by.
using CostModel = RooflineCost;

}  // namespace pagequest::simulator
