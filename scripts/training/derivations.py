# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of the tasks pocket-cot and pocket-direct: one prompt and one generation, no forks, no holes."""

import numpy as np

from data import CHUNK, Builder, Row

CLASSES = ["format", "pointer", "restate", "sign", "name", "fetch", "result", "milestone", "check",
           "answer"]
CLASS_ID = {name: i for i, name in enumerate(CLASSES)}
WEIGHTS = dict(format=0.3, pointer=1.0, restate=1.5, fetch=2.0, result=3.0, check=1.0)
SIGNS = ("+", "-")


def is_register(word):
    return word[0] == "r" and word[1:].isdigit()


def classify(words, i):
    """The skill that emitting words[i] takes, from the words around it."""
    word, before = words[i], words[i - 1]
    if before in SIGNS and word not in ":":
        return "result"
    if word in SIGNS:
        return "sign"
    if before in (":", "@", "=", "~", "!", "^", ">", "Q", "&"):
        return {"=": "milestone", "~": "check", "!": "pointer"}.get(before, "name")
    if is_register(before) or before.isdigit():
        two_before = words[i - 2]
        if two_before in (":", "~") and (word.isdigit()):
            return "fetch"
        if two_before == "=":
            return "milestone"
        if two_before in (">", "^", "&"):
            return "pointer"
        if two_before == "@" or words[i - 3] == "@":
            return "restate"
    return "format"


class DerivationBuilder(Builder):
    """Word ids, and the layout of rows."""

    def row(self, record, rng, gaps):
        prompt, text = (segment["text"].split() for segment in record["segments"])
        words = prompt + text
        inputs = np.arange(len(prompt) - 1, len(words) - 1)
        end = len(words) - 1  # the last word is only ever a target
        chunks = [self.causal_chunk(begin, min(begin + CHUNK, end))
                  for begin in range(0, end, CHUNK)]
        ids = np.array([self.ids[word] for word in words])
        classes = np.array([CLASS_ID[classify(words, i + 1)] for i in inputs])
        return Row(ids[:end], np.arange(end), inputs, ids[inputs + 1], classes,
                   np.zeros(len(inputs), dtype=int), chunks)

    @staticmethod
    def causal_chunk(begin, end):
        keys = np.arange(end)
        return begin, end, keys, keys[None] <= np.arange(begin, end)[:, None]
