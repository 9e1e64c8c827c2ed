// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/svg/canvas.h"

#include <cmath>
#include <initializer_list>

#include "notebooks_export/html/escape.h"
#include "notebooks_export/number_format.h"

namespace pagequest::notebooks_export {
namespace {

std::string tenths(double value) { return exact(std::round(value * 10) / 10); }

std::string attribute(std::string_view name, double value) {
  return std::string(" ").append(name).append("=\"").append(tenths(value)).append("\"");
}

std::string attribute(std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  return std::string(" ").append(name).append("=\"").append(value).append("\"");
}

std::string closed(std::string_view element, std::string_view tooltip) {
  if (tooltip.empty()) return "/>\n";
  return "><title>" + escaped(tooltip) + "</title></" + std::string(element) + ">\n";
}

std::string polygon(std::initializer_list<Pixel> corners) {
  std::string commands;
  for (const Pixel& corner : corners) {
    commands += (commands.empty() ? "M" : "L") + coordinates(corner);
  }
  return commands + "Z";
}

std::string marker_path(Pixel at, double r, int shape) {
  const auto [x, y] = at;
  switch (shape % 4) {
    case 1:
      return polygon({{x - r, y - r}, {x + r, y - r}, {x + r, y + r}, {x - r, y + r}});
    case 2:
      return polygon({{x, y - 1.35 * r}, {x + 1.25 * r, y + r}, {x - 1.25 * r, y + r}});
    default:
      return polygon({{x, y - 1.35 * r}, {x + 1.35 * r, y}, {x, y + 1.35 * r}, {x - 1.35 * r, y}});
  }
}

}  // namespace

std::string coordinates(Pixel at) { return tenths(at.x) + " " + tenths(at.y); }

void Canvas::line(Pixel from, Pixel to, std::string_view classes) {
  out_ += "<line" + attribute("x1", from.x) + attribute("y1", from.y) + attribute("x2", to.x) +
          attribute("y2", to.y) + attribute("class", classes) + "/>\n";
}

void Canvas::text(Pixel at, std::string_view anchor, std::string_view classes,
                  std::string_view text) {
  out_ += "<text" + attribute("x", at.x) + attribute("y", at.y) + attribute("text-anchor", anchor) +
          attribute("class", classes) + ">" + escaped(text) + "</text>\n";
}

void Canvas::path(const std::string& commands, std::string_view classes) {
  out_ += "<path" + attribute("d", commands) + attribute("class", classes) + "/>\n";
}

void Canvas::rectangle(Pixel corner, double width, double height, std::string_view classes,
                       std::string_view tooltip) {
  out_ += "<rect" + attribute("x", corner.x) + attribute("y", corner.y) +
          attribute("width", width) + attribute("height", height) + attribute("class", classes) +
          closed("rect", tooltip);
}

void Canvas::marker(Pixel centre, double radius, int shape, std::string_view classes,
                    std::string_view tooltip) {
  if (shape % 4 == 0) {
    circle(centre, radius * 1.1, classes, tooltip);
    return;
  }
  out_ += "<path" + attribute("d", marker_path(centre, radius, shape)) +
          attribute("class", classes) + closed("path", tooltip);
}

void Canvas::circle(Pixel centre, double radius, std::string_view classes,
                    std::string_view tooltip) {
  out_ += "<circle" + attribute("cx", centre.x) + attribute("cy", centre.y) +
          attribute("r", radius) + attribute("class", classes) + closed("circle", tooltip);
}

}  // namespace pagequest::notebooks_export
