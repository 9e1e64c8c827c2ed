# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Turns exported episodes into rows: tokens, positions, targets, and who may attend to what.

A row is one main thread followed by its auxiliary forks. A fork attends to the main thread up to
its fork point, less what has been deleted by then, and to itself.
"""

import json
import random
import subprocess
from dataclasses import dataclass, field

import numpy as np

NEVER = 1 << 30
CHUNK = 256  # queries that share one attention call


@dataclass
class Row:
    """One packed row. `chunks` holds (first query, last query, key indices, visible or not)."""

    tokens: np.ndarray
    positions: np.ndarray
    inputs: np.ndarray  # indices whose next token the model emits
    targets: np.ndarray
    classes: np.ndarray
    threads: np.ndarray  # 0 for the main thread, 1.. for forks, per target
    chunks: list = field(default_factory=list)


CLASSES = ["format", "copy", "next", "relation", "source", "resolve", "fact", "call", "document",
           "cursor", "compare", "aux", "enum", "origin", "last", "verdict", "list"]
CLASS_ID = {name: i for i, name in enumerate(CLASSES)}
WEIGHTS = dict(format=0.3, copy=0.7, fact=2.0, call=2.0, last=3.0, verdict=2.0, enum=2.0,
               compare=6.0, list=2.0, aux=1.0)


def is_label(word):
    return word[0] == "a" and word[1:].isdigit()


def classify_main(words, i):
    """The skill that emitting words[i] takes, from the words around it."""
    word, before = words[i], words[i - 1]
    if word == "<call>":
        return "call"
    if word in ("</call>", "search", "open", "find", ";", ",", "is", "vs", "=", "</answer>"):
        return "format"
    if before in (";", "<answer>", ","):
        return "next"
    if before == "=":
        return "cursor"
    if before == "is":  # `A is x L is max L` after a comparison, `x L is x L` after a fact
        if words[i - 6] == "vs":
            return "compare"
        return "copy" if words[i - 3] == word else "resolve"
    if word[0] == "d" and word[1:].isdigit() and before != "open":
        return "document"
    return "other"


def classify_aux(words, i):
    """`NEWEST ; STEP`, entries of four words, `base NEWEST`, then the list."""
    end = words.index("base")
    if i == end:
        return "enum"
    if i < 3 or i == end + 1 or words[i] == "</aux>":
        return "aux"
    return ("enum", "origin", "last", "verdict")[(i - 3) % 4] if i < end else "list"


class Builder:
    """Word ids, and the layout of rows."""

    def __init__(self, vocabulary, relations):
        self.ids = {word: i for i, word in enumerate(vocabulary)}
        self.relations = relations
        self.trigger = "** Memory management mode **".split()

    def main_class(self, words, i):
        kind = classify_main(words, i)
        if kind != "other":
            return kind
        word, before = words[i], words[i - 1]
        if word in self.relations or word in ("<max>", "<min>"):
            return "relation" if is_label(before) else "copy"
        if is_label(word) and (before in self.relations or before in ("<max>", "<min>")):
            return "source"
        if before in self.relations:
            return "fact"
        return "copy"

    def row(self, record, rng, gaps):
        """Builds a Row from one exported record."""
        words, positions, emit, owner = [], [], [], []
        start_of_turn, spans, end_of_turn = {}, {}, {}
        position = 0
        for segment in record["segments"]:
            begin = len(words)
            part = segment["text"].split()
            if segment["role"] == "tool" and gaps:
                position += rng.randint(0, gaps)
            if segment["role"] == "model":
                start_of_turn[segment["turn"]] = begin
            words += part
            positions += range(position, position + len(part))
            position += len(part)
            emit += [segment["role"] == "model"] * len(part)
            if segment["role"] == "tool":
                spans[segment["cursor"]] = (begin, len(words))
                end_of_turn[segment["turn"]] = len(words)
        main = len(words)
        gone = np.full(main, NEVER)
        for eviction in record["evictions"]:
            low, high = spans[eviction["cursor"]]
            gone[low:high] = start_of_turn[eviction["before_turn"]]
        chunks = [self.main_chunk(begin, min(begin + CHUNK, main), gone)
                  for begin in range(0, main, CHUNK)]
        inputs = [i for i in range(main - 1) if emit[i + 1]]
        classes = [CLASS_ID[self.main_class(words, i + 1)] for i in inputs]
        threads = [0] * len(inputs)
        targets = [self.ids[words[i + 1]] for i in inputs]
        for number, sample in enumerate(record["auxiliary"]):
            point = end_of_turn[sample["after_turn"]]
            text = sample["text"].split()
            begin = len(words)
            # The last word is only ever a target.
            words += self.trigger + text[:-1]
            at = positions[point - 1] + 1
            positions += range(at, at + len(words) - begin)
            chunks.append(self.fork_chunk(begin, len(words), point, gone))
            first = begin + len(self.trigger) - 1
            inputs += range(first, first + len(text))
            targets += [self.ids[word] for word in text]
            classes += [CLASS_ID[classify_aux(text, i)] for i in range(len(text))]
            threads += [number + 1] * len(text)
        return Row(np.array([self.ids[word] for word in words]), np.array(positions),
                   np.array(inputs), np.array(targets), np.array(classes), np.array(threads), chunks)

    @staticmethod
    def main_chunk(begin, end, gone):
        keys = np.nonzero(gone[:end] > begin)[0]
        queries = np.arange(begin, end)[:, None]
        visible = (keys[None] <= queries) & (queries < gone[keys][None])
        return begin, end, keys, visible

    @staticmethod
    def fork_chunk(begin, end, point, gone):
        shared = np.nonzero(gone[:point] >= point)[0]
        own = np.arange(begin, end)
        visible = np.concatenate([np.ones((end - begin, len(shared)), bool),
                                  own[None] <= own[:, None]], 1)
        return begin, end, np.concatenate([shared, own]), visible


class Source:
    """An endless stream of rows of one setting, fresh episodes all the time."""

    def __init__(self, exporter, task, setting, seed, holes=0.5, gaps=0, block=512,
                 builder=Builder):
        self.command = [exporter, "export-task", "--task", task, "--setting", setting]
        self.seed, self.holes, self.gaps, self.block = seed, holes, gaps, block
        self.rng = random.Random(seed)
        self.first = 0
        self.records = []
        self.builder_type, self.builder = builder, None

    def refill(self):
        command = self.command + ["--seed", str(self.seed), "--first", str(self.first),
                                  "--count", str(self.block), "--holes", str(self.holes), "-o", "-"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        header = json.loads(lines[0])
        self.builder = self.builder or self.builder_type(header["vocabulary"], set(header["relations"]))
        self.records = lines[:0:-1]
        self.first += self.block

    def next(self):
        if not self.records:
            self.refill()
        gaps = self.gaps if self.rng.random() < 0.3 else 0
        return self.builder.row(json.loads(self.records.pop()), self.rng, gaps)
