// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/notebook/python_cells.h"

namespace pagequest::notebooks_export {

std::string_view python_imports() {
  return R"py(import json
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np

# Colours of M. Okabe and K. Ito, "Color universal design" (2008).
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#b6578f", "#b98600", "#3f9bcf", "#4a4f55"]
DASHES = ["-", "--", ":", "-.", (0, (4, 2)), (0, (1, 5))]
plt.rcParams.update({"figure.figsize": (8, 4.2), "axes.grid": True, "grid.color": "#e8ebef",
                     "axes.spines.top": False, "axes.spines.right": False,
                     "axes.prop_cycle": plt.cycler(color=COLOURS)}))py";
}

std::string_view python_reader() {
  return R"py(def text(file, name):
    """A text attribute of the file."""
    value = file.attrs.get(name, b"")
    return value.decode() if isinstance(value, bytes) else str(value)


def open_trace(path):
    file = h5py.File(path, "r")
    if text(file, "format") != "pagequest-trace" or file.attrs["format_version"] not in (1, 2, 3):
        raise ValueError(f"{path} is not a PageQuest trace of version 1, 2 or 3")
    return file


def columns(file, table):
    """All 1-D columns of one table, by name."""
    return {name: data[:] for name, data in file[table].items() if isinstance(data, h5py.Dataset)}


def rows_of(episodes, index, table):
    """The rows of a table that belong to one episode."""
    name = table.replace("/", "_")
    begin = int(episodes[f"{name}_begin"][index])
    return slice(begin, begin + int(episodes[f"{name}_count"][index]))


FILES = {label: open_trace(path) for label, path in TRACES.items()}
EPISODES = {label: columns(file, "episodes") for label, file in FILES.items()}
for label, file in FILES.items():
    print(f"{label}: {len(EPISODES[label]['episode'])} episodes of {text(file, 'task')}"
          f" ({text(file, 'setting')}), model {text(file, 'model')}, seed {file.attrs['seed']}"))py";
}

std::string_view python_accuracy() {
  return R"py(def wilson(successes, n, z=1.959963984540054):
    """95 % score interval (E. B. Wilson, JASA 22, 1927)."""
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half))


figure, axes = plt.subplots()
for label, episodes in EPISODES.items():
    n = len(episodes["correct"])
    if n == 0:
        continue
    correct = int(episodes["correct"].sum())
    accuracy = correct / n
    low, high = wilson(correct, n)
    peak = episodes["peak_tokens"].mean()
    error = [[100 * (accuracy - low)], [100 * (high - accuracy)]]
    axes.errorbar(peak, 100 * accuracy, yerr=error, fmt="o", capsize=4, label=label)
    print(f"{label:>12}: accuracy {accuracy:.1%} ({low:.1%} to {high:.1%}), peak {peak:.1f} tokens,"
          f" with aux {episodes['peak_tokens_with_aux'].mean():.1f}")
axes.set(xlabel="peak tokens, mean over episodes", ylabel="accuracy (% of episodes)",
         title="Accuracy against peak tokens", ylim=(0, 105))
axes.set_xlim(left=0)
axes.legend()
plt.show())py";
}

std::string_view python_live_tokens() {
  return R"py(TOKENS_FILLED, TOKENS_EVICTED, AUX_JOINED = 1, 3, 8  # events/kind


def live_tokens(tables, episodes, index):
    """Live tokens at each main step: of the main thread, and with the auxiliary thread's own."""
    steps = rows_of(episodes, index, "steps")
    filled = zip(tables["steps"]["thread"][steps], tables["steps"]["tokens_count"][steps])
    evicted = iter(tables["evictions"]["tokens"][rows_of(episodes, index, "evictions")])
    main, with_aux, live, aux = [], [], 0, 0
    for kind in tables["events"]["kind"][rows_of(episodes, index, "events")]:
        if kind == TOKENS_FILLED:
            thread, count = next(filled)
            if thread == 0:
                live += int(count)
                main.append(live)
                with_aux.append(live + aux)
            else:
                aux += int(count)
                if with_aux:
                    with_aux[-1] = max(with_aux[-1], live + aux)
        elif kind == TOKENS_EVICTED:
            live -= int(next(evicted))
        elif kind == AUX_JOINED:
            aux = 0
    return np.array(main), np.array(with_aux)


def mean_by_progress(curves, points=101):
    """Mean over episodes, each stretched to 100 %."""
    picked = [curve[np.arange(points) * (len(curve) - 1) // (points - 1)]
              for curve in curves if len(curve)]
    return np.mean(picked, axis=0) if picked else np.full(points, np.nan)


figure, axes = plt.subplots()
for colour, (label, file) in zip(COLOURS * len(FILES), FILES.items()):
    tables = {name: columns(file, name) for name in ("events", "steps", "evictions")}
    episodes = EPISODES[label]
    curves = [live_tokens(tables, episodes, i) for i in range(len(episodes["episode"]))]
    for (main, with_aux), peak, peak_with_aux in zip(curves, episodes["peak_tokens"],
                                                     episodes["peak_tokens_with_aux"]):
        if len(main) and (main.max() != peak or with_aux.max() != peak_with_aux):
            print(f"{label}: a peak differs from the engine's own account")
    axes.plot(mean_by_progress([main for main, _ in curves]), color=colour, label=label)
    axes.plot(mean_by_progress([both for _, both in curves]), "--", color=colour,
              label=f"{label}, with aux")
axes.set(xlabel="progress (% of the main thread's steps)", ylabel="live tokens",
         title="Live KV over time, mean over episodes")
axes.set_ylim(bottom=0)
axes.legend()
plt.show())py";
}

std::string_view python_stack_distance() {
  return R"py(# An access: a page whose attention mass (mean over the query heads of the KV head) is at least the
# threshold, in a decode step of the main thread. Page 0 and the page being written are left out.
THRESHOLDS = [0.01, 0.05, 0.2]
MOST_EPISODES = 50  # this is plain Python; `pagequest analyze` does all of them


def decode_rows(file, tables, episodes, index):
    """(pages, masses of shape (layer and KV head, page), written page) of each main decode step."""
    steps = rows_of(episodes, index, "steps")
    first = {int(step): int(position) for thread, kind, step, position in
             zip(*(tables["steps"][name][steps] for name in ("thread", "kind", "step", "first")))
             if thread == 0 and kind == 1}
    heads = int(file.attrs["layers"]) * int(file.attrs["kv_heads"])
    page_size = int(file.attrs["page_size"])
    blocks = tables["attention/blocks"]
    for block in range(*rows_of(episodes, index, "attention/blocks").indices(len(blocks["steps"]))):
        if blocks["thread"][block] != 0:
            continue
        count, pages_count = int(blocks["steps"][block]), int(blocks["pages_count"][block])
        begin = int(blocks["pages_begin"][block])
        pages = tables["attention/pages"]["page"][begin:begin + pages_count]
        listed = tables["attention/pages"]["steps"][begin:begin + pages_count]
        begin = int(blocks["values_begin"][block])
        masses = file["attention/mean"][begin:begin + heads * count * pages_count]
        masses = masses.reshape(heads, count, pages_count)
        for slot in range(count):
            step = int(blocks["first_step"][block]) + slot
            if step in first:
                there = (listed >> slot) & 1 == 1
                yield pages[there], masses[:, slot, there], first[step] // page_size


def stack_distances(sets):
    """LRU stack distances of the accesses of a stream of page sets, one a step; -1 is cold."""
    last = {}
    for now, accessed in enumerate(sets):
        stack = np.sort(np.fromiter(last.values(), dtype=np.int64, count=len(last)))
        for page in accessed:
            yield len(stack) - 1 - int(np.searchsorted(stack, last[page])) if page in last else -1
        for page in accessed:
            last[page] = now << 32 | page  # ties within a step: the higher page is more recent


figure, axes = plt.subplots()
for colour, (label, file) in zip(COLOURS * len(FILES), FILES.items()):
    if "attention/mean" not in file or file.attrs["layers"] == 0:
        continue
    tables = {name: columns(file, name) for name in ("steps", "attention/blocks", "attention/pages")}
    episodes = EPISODES[label]
    picked = min(MOST_EPISODES, len(episodes["episode"]))
    rows = [list(decode_rows(file, tables, episodes, index)) for index in range(picked)]
    for dash, threshold in zip(DASHES, THRESHOLDS):
        counts, cold = np.zeros(1, dtype=np.int64), 0
        for episode in rows:
            for head in range(episode[0][1].shape[0] if episode else 0):
                sets = [[int(page) for page in pages[masses[head] >= threshold]
                         if page not in (0, written)] for pages, masses, written in episode]
                distances = np.fromiter(stack_distances(sets), dtype=np.int64)
                cold += int((distances < 0).sum())
                found = np.bincount(distances[distances >= 0], minlength=len(counts))
                found[:len(counts)] += counts
                counts = found
        if counts.sum() == 0:
            continue
        axes.step(np.arange(len(counts)), 100 * counts.cumsum() / counts.sum(), where="post",
                  color=colour, linestyle=dash, label=f"{label}, threshold {threshold:.0%}")
        print(f"{label}, threshold {threshold:.0%}: {counts.sum() + cold} accesses,"
              f" {cold / (counts.sum() + cold):.1%} cold, {picked} episodes")
axes.set(xlabel="stack distance (pages)", ylabel="share of re-accesses (%)", ylim=(0, 100),
         title="Stack distances of page accesses, all layers and KV heads")
axes.legend()
plt.show())py";
}

std::string_view python_draw() {
  return R"py(CHARTS = {block["title"]: block for section in REPORT["sections"]
          for block in section["blocks"] if block["type"] == "chart"}


def draw(title):
    """One of the report's charts, from the table that came with it."""
    chart = CHARTS[title]
    names = [column["name"] for column in chart["table"]["columns"]]
    units = {column["name"]: column["unit"] for column in chart["table"]["columns"]}
    rows = [dict(zip(names, row)) for row in chart["table"]["rows"]]

    def scaled(name, value):
        share = units[name] == "share" or units[name].startswith("share of ")
        return value * 100 if share and isinstance(value, (int, float)) else value

    def label(name, text):
        unit = units[name]
        unit = "%" + unit[5:] if unit == "share" or unit.startswith("share of ") else unit
        text = text or name.replace("_", " ")
        return f"{text} ({unit})" if unit and unit not in text else text

    series, colours, dashes = {}, {}, {}
    for y in chart["y"]:
        for row in rows:
            if row[chart["x"]] is None or row[y] is None:
                continue
            name = str(row[chart["series"]]) if chart["series"] else ""
            style = str(row[chart["style"]]) if chart["style"] else ""
            if len(chart["y"]) > 1:
                part = y.replace("_", " ")
                name, style = (name, f"{style} {part}".strip()) if name else (part, style)
            colours.setdefault(name, COLOURS[len(colours) % len(COLOURS)])
            dashes.setdefault(style, DASHES[len(dashes) % len(DASHES)])
            series.setdefault((name, style), []).append((row, y))

    figure, axes = plt.subplots()
    for at, ((name, style), points) in enumerate(series.items()):
        xs = [scaled(chart["x"], row[chart["x"]]) for row, _ in points]
        ys = [scaled(y, row[y]) for row, y in points]
        text = ", ".join(part for part in (name, style) if part)
        if chart["kind"] in ("scatter", "bar"):
            error = None
            if chart["y_low"] and chart["y_high"]:
                low, high = chart["y_low"], chart["y_high"]
                error = np.array([[y - scaled(low, row[low]), scaled(high, row[high]) - y]
                                  for (row, _), y in zip(points, ys)]).T.clip(min=0)
        if chart["kind"] == "scatter":
            axes.errorbar(xs, ys, yerr=error, fmt="o", capsize=4, color=colours[name], label=text)
        elif chart["kind"] == "bar":
            kinds = list(dict.fromkeys(str(row[chart["x"]]) for row in rows))
            width = 0.8 / len(series)
            places = [kinds.index(str(x)) + (at - (len(series) - 1) / 2) * width for x in xs]
            axes.bar(places, ys, width * 0.94, yerr=error, label=text)
            axes.set_xticks(range(len(kinds)), kinds)
        else:
            drawstyle = "default" if chart["kind"] == "line" else "steps-post"
            axes.plot(xs, ys, color=colours[name], linestyle=dashes[style], drawstyle=drawstyle,
                      label=text)
    axes.set(xlabel=label(chart["x"], chart["x_label"]),
             ylabel=label(chart["y"][0], chart["y_label"]), title=title)
    if chart["log_x"]:
        axes.set_xscale("log")
    if chart["log_y"]:
        axes.set_yscale("log")
    elif chart["y_from_zero"]:
        axes.set_ylim(bottom=0)
    if len(series) > 1 or any(name for name, _ in series):
        axes.legend()
    plt.show()
    print(chart["caption"]))py";
}

}  // namespace pagequest::notebooks_export
