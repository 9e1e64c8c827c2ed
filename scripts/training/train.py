# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Trains the pocket model: curriculum over settings, AdamW, trapezoid schedule by wall-clock time."""

import argparse
import json
import random
import time
from pathlib import Path

import torch
from torch.nn import functional as F

from evaluate import evaluate, held_out, summary
from mimetic import initialise
from model import Batch, Config, Model
from recipes import RECIPES

def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--exporter", required=True, help="the pagequest binary")
    p.add_argument("--recipe", choices=RECIPES, default="hops")
    p.add_argument("--out", type=Path, required=True, help="folder for checkpoints and the log")
    p.add_argument("--minutes", type=float, default=70)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--tokens", type=int, default=3000, help="tokens a batch")
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--anneal", type=float, default=0.4, help="share of the time with falling rate")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--hidden", type=int, default=192)
    p.add_argument("--gaps", type=int, default=256, help="largest position gap at a response")
    p.add_argument("--resume", type=Path, help="checkpoint to go on from (weights and optimiser)")
    p.add_argument("--start", type=float, default=0.0, help="share of the schedule to start at")
    return p.parse_args()


def mixture_at(curriculum, share):
    return next(mixture for end, mixture in curriculum if share < end or end == 1.0)


def rate_at(share, step, options):
    warm = min(1.0, (step + 1) / 60)
    fall = min(1.0, (1 - share) / options.anneal)
    return options.lr * warm * max(0.03, fall)


def draw_rows(sources, mixture, tokens, rng):
    rows, total = [], 0
    while total < tokens:
        name = rng.choices(list(mixture), mixture.values())[0]
        rows.append(sources[name].next())
        total += len(rows[-1].tokens)
    return rows


def loss_of(logits, batch, weights):
    w = weights[batch.classes]
    return (F.cross_entropy(logits, batch.targets, reduction="none") * w).sum() / w.sum()


def make_model(options, recipe, sources):
    first = next(iter(sources.values()))
    first.refill()
    words = len(first.builder.ids)
    model = Model(Config(vocab_size=(words + 15) // 16 * 16, hidden_size=options.hidden))
    initialise(model, options.seed, recipe.offsets)
    return model


def make_optimiser(model, options):
    matrices = [p for p in model.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=options.lr, betas=(0.9, 0.98), fused=True)


def title(test):
    return test[0] + (" holes" if test[1] else "")


def save(path, model, optimiser):
    torch.save({"config": model.c.as_dict(), "model": model.state_dict(),
                "optimiser": optimiser.state_dict()}, path)


def main():
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(options.seed)
    recipe = RECIPES[options.recipe]
    sources = {name: recipe.source(options.exporter, name, options.seed + 1000 * i,
                                   gaps=options.gaps)
               for i, name in enumerate(recipe.settings)}
    model = make_model(options, recipe, sources)
    optimiser = make_optimiser(model, options)
    if options.resume:
        state = torch.load(options.resume)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        for source in sources.values():  # fresh episodes
            source.seed += 100_000
            source.records = []
    weights = torch.tensor([recipe.weights.get(name, 1.0) for name in recipe.classes])
    tests = {test: held_out(recipe, options.exporter, test[0], 40, test[1])
             for test in recipe.tests}
    log = open(options.out / "log.jsonl", "a")
    begin, step, tokens, mean, next_test = time.time(), 0, 0, 0.0, 90.0
    while True:
        elapsed = time.time() - begin
        share = options.start + (1 - options.start) * elapsed / (60 * options.minutes)
        if share >= 1:
            break
        batch = Batch(draw_rows(sources, mixture_at(recipe.curriculum, share), options.tokens, rng))
        for group in optimiser.param_groups:
            group["lr"] = rate_at(share, step, options)
        loss = loss_of(model(batch), batch, weights)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step, tokens = step + 1, tokens + len(batch.tokens)
        mean = loss.item() if step == 1 else 0.98 * mean + 0.02 * loss.item()
        if step % 50 == 0:
            print(f"{elapsed:6.0f}s step {step} loss {mean:.4f} tokens {tokens}", flush=True)
        if elapsed > next_test:
            next_test = elapsed + 400
            save(options.out / "last.pt", model, optimiser)
            record = {"seconds": elapsed, "step": step, "tokens": tokens, "loss": mean}
            for test in recipe.early if share < 0.03 else recipe.late:
                result = record[title(test)] = evaluate(model, tests[test], recipe.classes)
                print(f"   {title(test)}: {summary(result)}", flush=True)
            log.write(json.dumps(record) + "\n")
            log.flush()
    save(options.out / "final.pt", model, optimiser)
    for test, rows in tests.items():
        print(f"final {title(test)}: {summary(evaluate(model, rows, recipe.classes))}", flush=True)


if __name__ == "__main__":
    main()
