// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notebooks_export/report.h"
#include "notebooks_export/svg/plot.h"

namespace pagequest::notebooks_export {

/// How many colours and line styles the page's style sheet knows; later series begin again.
inline constexpr int kChartColours = 7;
inline constexpr int kChartStyles = 6;

/// Style sheet classes of a series: c0, c1, ... and d0, d1, ...
[[nodiscard]] std::string colour_class(int index);
[[nodiscard]] std::string style_class(int index);

/// The chart as an inline <svg> element. Its looks come from the page's style sheet, so that it
/// follows the page's light or dark scheme; each point's numbers show as a tooltip.
[[nodiscard]] std::string svg_of(const Chart& chart, const Plot& plot);

/// What tells the series apart, as HTML; "" for a single series.
[[nodiscard]] std::string legend_of(const Chart& chart, const Plot& plot);

}  // namespace pagequest::notebooks_export
