# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""What is trained on what: the pocket model of the agent task, and that of the derivations."""

from dataclasses import dataclass

import data
import derivations
from data import Source


@dataclass
class Recipe:
    settings: dict    # name -> (task, setting), each with a seed of its own
    curriculum: list  # (share of the time, mixture of settings)
    tests: list       # (setting, share of episodes with deletions)
    early: tuple      # tests that are run in the first 3 % of the time
    late: tuple
    classes: list
    weights: dict
    builder: type
    offsets: dict     # layer -> (query head, tokens back): see mimetic.py

    def source(self, exporter, name, seed, **more):
        task, setting = self.settings[name]
        return Source(exporter, task, setting, seed, builder=self.builder, **more)


HOPS = Recipe(
    settings={name: ("pocket-hops", name) for name in ("tiny", "short", "default", "long")},
    curriculum=[
        (0.015, {"tiny": 1.0}),
        (0.035, {"tiny": 0.3, "short": 0.7}),
        (0.06, {"tiny": 0.1, "short": 0.4, "default": 0.5}),
        (0.35, {"tiny": 0.45, "short": 0.10, "default": 0.45}),
        (1.00, {"tiny": 0.45, "short": 0.10, "default": 0.435, "long": 0.015}),
    ],
    tests=[("tiny", 0), ("short", 1), ("default", 0), ("default", 1), ("long", 1)],
    early=(("tiny", 0), ("short", 1)), late=(("default", 0), ("default", 1)),
    classes=data.CLASSES, weights=data.WEIGHTS, builder=data.Builder,
    offsets={1: (3, 6), 2: (3, 7), 3: (1, 6)})

DERIVATIONS = Recipe(
    settings={f"{kind} {name}": (f"pocket-{kind}", name)
              for kind in ("cot", "direct") for name in ("tiny", "short", "default", "long")},
    curriculum=[
        (0.02, {"cot tiny": 0.6, "direct tiny": 0.4}),
        (0.15, {"cot tiny": 0.2, "direct tiny": 0.1, "cot short": 0.5, "direct short": 0.2}),
        (0.40, {"cot tiny": 0.1, "cot short": 0.4, "direct short": 0.1, "cot default": 0.3,
                "direct default": 0.1}),
        (1.00, {"cot tiny": 0.05, "cot short": 0.15, "direct short": 0.05, "cot default": 0.5,
                "direct default": 0.15, "cot long": 0.07, "direct long": 0.03}),
    ],
    tests=[("cot tiny", 0), ("cot short", 0), ("cot default", 0), ("direct default", 0),
           ("cot long", 0)],
    early=(("cot tiny", 0), ("cot short", 0)), late=(("cot default", 0), ("direct default", 0)),
    classes=derivations.CLASSES, weights=derivations.WEIGHTS, builder=derivations.DerivationBuilder,
    offsets={1: (3, 12), 2: (3, 6), 3: (1, 5)})

RECIPES = {"hops": HOPS, "derivations": DERIVATIONS}
