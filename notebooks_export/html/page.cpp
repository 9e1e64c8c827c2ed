// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/html/page.h"

#include <cctype>
#include <cstddef>
#include <set>
#include <string_view>
#include <vector>

#include "base/event_sink.h"
#include "notebooks_export/html/escape.h"
#include "notebooks_export/html/style.h"
#include "notebooks_export/html/table.h"
#include "notebooks_export/svg/chart.h"
#include "notebooks_export/svg/plot.h"

namespace pagequest::notebooks_export {
namespace {

/// Anchors from headings, each once: "live-kv-over-time", "live-kv-over-time-2".
class Anchors {
 public:
  std::string make(std::string_view heading) {
    std::string base;
    for (const char c : heading) {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
        base += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      } else if (!base.empty() && base.back() != '-') {
        base += '-';
      }
    }
    while (!base.empty() && base.back() == '-') base.pop_back();
    if (base.empty()) base = "part";
    std::string anchor = base;
    for (int copies = 2; !used_.insert(anchor).second; ++copies) {
      anchor = base + "-" + std::to_string(copies);
    }
    return anchor;
  }

 private:
  std::set<std::string> used_;
};

/// Escaped text in which `code` in backticks is set as such.
std::string inline_text(std::string_view text) {
  std::string out;
  bool code = false;
  while (true) {
    const std::size_t tick = text.find('`');
    out += escaped(text.substr(0, tick));
    if (tick == std::string_view::npos) break;
    out += code ? "</code>" : "<code>";
    code = !code;
    text.remove_prefix(tick + 1);
  }
  return code ? out + "</code>" : out;
}

std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    out += "<p>" + inline_text(text.substr(0, end)) + "</p>\n";
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 2);
  }
  return out;
}

class PageWriter {
 public:
  explicit PageWriter(const Report& report) : report_(report), colours_(colours_of(report)) {}

  std::string write() {
    std::string body = header();
    body += sections();
    body += how_it_was_made();
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
           escaped(report_.title) + "</title>\n<style>" + std::string(style_sheet()) +
           "</style>\n</head>\n<body>\n<div class=\"page\">\n<nav><p>Contents</p><ol>\n" +
           contents_ + "</ol></nav>\n<main>\n" + body + "</main>\n</div>\n</body>\n</html>\n";
  }

 private:
  std::string header() {
    std::string out = "<header><h1>" + escaped(report_.title) + "</h1>\n";
    if (!report_.subtitle.empty()) {
      out += "<p class=\"subtitle\">" + inline_text(report_.subtitle) + "</p>\n";
    }
    return out + "</header>\n";
  }

  std::string sections() {
    std::string out;
    for (const auto& section : report_.sections) out += section_html(section);
    return out;
  }

  std::string section_html(const Section& section) {
    const std::string anchor = anchors_.make(section.heading);
    std::string inner;
    std::string entries;
    for (const auto& block : section.blocks) inner += block_html(block, entries);
    contents_ += "<li>" + link(anchor, section.heading);
    contents_ += entries.empty() ? "" : "<ol>" + entries + "</ol>";
    contents_ += "</li>\n";
    return "<section>\n<h2 id=\"" + anchor + "\">" + link(anchor, section.heading) + "</h2>\n" +
           paragraphs(section.text) + inner + "</section>\n";
  }

  static std::string link(const std::string& anchor, const std::string& text) {
    return "<a href=\"#" + anchor + "\">" + escaped(text) + "</a>";
  }

  std::string block_html(const Block& block, std::string& entries) {
    return std::visit(Overloaded{[&](const TableBlock& table) { return table_block(table); },
                                 [&](const Chart& chart) {
                                   const std::string anchor = anchors_.make(chart.title);
                                   entries += "<li>" + link(anchor, chart.title) + "</li>";
                                   return chart_block(chart, anchor);
                                 },
                                 [&](const KeyFigures& figures) { return key_figures(figures); }},
                      block);
  }

  static std::string table_block(const TableBlock& block) {
    const std::string anchor_free_title = "<h3>" + escaped(block.title) + "</h3>";
    const std::string caption =
        "<p class=\"caption\">" + inline_text(block.table.description()) + "</p>\n";
    const std::string inner = caption + table_html(block.table);
    if (block.folded) {
      return "<div class=\"tablecard\">" + csv_link(block.table) + "<details><summary>" +
             anchor_free_title + "</summary>\n" + inner + "</details></div>\n";
    }
    return "<div class=\"tablecard\">" + csv_link(block.table) + anchor_free_title + "\n" + inner +
           "</div>\n";
  }

  std::string chart_block(const Chart& chart, const std::string& anchor) {
    const Plot plot = plot_of(chart, colours_);
    return "<figure id=\"" + anchor + "\">\n<h3>" + link(anchor, chart.title) +
           "</h3>\n<p class=\"caption\">" + inline_text(chart.caption) + "</p>\n" +
           legend_of(chart, plot) + "<div class=\"plot\">" + svg_of(chart, plot) +
           "</div>\n<details>" + "<summary>The numbers</summary>\n" + csv_link(chart.table) +
           "<p class=\"caption\">" + inline_text(chart.table.description()) + "</p>\n" +
           table_html(chart.table) + "</details>\n</figure>\n";
  }

  static std::string key_figures(const KeyFigures& figures) {
    std::string out = "<dl class=\"figures\">\n";
    for (const auto& figure : figures) {
      out += "<div><dt>" + escaped(figure.label) + "</dt><dd>" + escaped(figure.value);
      if (!figure.note.empty()) out += "<small>" + escaped(figure.note) + "</small>";
      out += "</dd></div>\n";
    }
    return out + "</dl>\n";
  }

  std::string how_it_was_made() {
    if (report_.provenance.empty()) return {};
    const std::string heading = "How this was made";
    const std::string anchor = anchors_.make(heading);
    contents_ += "<li>" + link(anchor, heading) + "</li>\n";
    std::string out = "<section>\n<h2 id=\"" + anchor + "\">" + link(anchor, heading) +
                      "</h2>\n<div class=\"card\"><dl class=\"made\">\n";
    for (const auto& [key, value] : report_.provenance) {
      out += "<dt>" + escaped(key) + "</dt><dd>" + inline_text(value) + "</dd>\n";
    }
    return out + "</dl></div>\n</section>\n";
  }

  const Report& report_;
  Colours colours_;
  Anchors anchors_;
  std::string contents_;
};

}  // namespace

std::string html_page(const Report& report) { return PageWriter(report).write(); }

}  // namespace pagequest::notebooks_export
