# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Teacher-forced evaluation on held-out episodes.

A greedy free run follows the expert exactly if and only if every emitted token is right under
teacher forcing, so the share of main threads without a single error is a lower bound of the
free-running accuracy (an episode can also deviate and still be right).
"""

import torch

from model import Batch


def held_out(recipe, exporter, setting, count, holes, seed=1_500_000):
    source = recipe.source(exporter, setting, seed, holes=holes, block=count)
    return [source.next() for _ in range(count)]


@torch.no_grad()
def evaluate(model, rows, names, per_batch=2):
    """Returns accuracies: by class (of `names`), exact main threads, exact forks."""
    right = torch.zeros(len(names))
    seen = torch.zeros(len(names))
    mains = forks = exact_mains = exact_forks = 0
    for i in range(0, len(rows), per_batch):
        batch = Batch(rows[i:i + per_batch])
        ok = model(batch).argmax(-1) == batch.targets
        seen += torch.bincount(batch.classes, minlength=len(names))
        right += torch.bincount(batch.classes, ok.float(), minlength=len(names))
        keys = batch.rows * 1000 + batch.threads
        for key in keys.unique().tolist():
            exact = bool(ok[keys == key].all())
            if key % 1000:
                forks, exact_forks = forks + 1, exact_forks + exact
            else:
                mains, exact_mains = mains + 1, exact_mains + exact
    classes = {name: float(r / n) for name, r, n in zip(names, right, seen) if n}
    return {"main_exact": exact_mains / max(mains, 1), "fork_exact": exact_forks / max(forks, 1),
            "classes": classes}


def summary(result):
    parts = " ".join(f"{name}={value:.3f}" for name, value in result["classes"].items()
                     if value < 0.9995)
    return f"main {result['main_exact']:.3f} forks {result['fork_exact']:.3f} | {parts}"
