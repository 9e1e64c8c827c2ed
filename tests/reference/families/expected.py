# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""What a model of Transformers computes: logits, page masses and greedy tokens, all in f32."""

import torch

import families

PROMPT, DECODED = 300, 64
POSITIONS = [0, 15, 47, 49, 63, 64, 127, 255, 299, 300, 331, 363]
LENGTHS = [17, 64, 129, 200, 300]
OFFSETS = [-1, 31, 63]  # of the batch's logits, from the end of each prompt
PAGE = 16
# (first row, rows): the last rows of the prompt's first 64 tokens, of the prompt, decode steps.
WINDOWS = [(56, 8), (292, 8), (300, 1), (301, 1), (331, 1), (363, 1)]
GREEDY_PROMPT, GREEDY = 32, 256


def random_tokens(count, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, families.VOCABULARY, (count,), generator=generator, dtype=torch.int32)


def run(model, tokens, attentions=False):
    """(position, vocabulary) logits and, per layer, (head, row, token) probabilities."""
    output = model(tokens.long()[None], use_cache=False, output_attentions=attentions)
    return output.logits[0], [layer[0] for layer in output.attentions or []]


def page_masses(probabilities, groups, first, rows):
    """(mean, maximum, sink share) over the query heads of each KV head: of the sums over the tokens
    of a page, (KV head, page), and mean of what all tokens leave of one, (KV head)."""
    mass = probabilities[:, first : first + rows].mean(1)
    pages = torch.stack([part.sum(-1) for part in mass.split(PAGE, -1)], -1)
    pages = pages.reshape(groups, -1, pages.shape[-1])
    return pages.mean(1), pages.amax(1), 1.0 - pages.sum(-1).mean(1)


def masses(layers, config):
    groups = config.num_key_value_heads
    parts = {"mean": [], "max": [], "sink_share": []}
    for first, rows in WINDOWS:
        per_layer = [page_masses(p, groups, first, rows) for p in layers]
        for part, values in zip(parts.values(), zip(*per_layer)):
            part.append(torch.stack(values))
    if config.model_type != "gpt_oss":
        del parts["sink_share"]
    return {f"mass.{name}": torch.stack(values) for name, values in parts.items()}


def check_routing(model, tokens):
    """The fixtures are no use if rounding can change which experts a token goes to."""
    if not hasattr(model.config, "num_experts_per_tok"):
        return
    chosen = model.config.num_experts_per_tok
    output = model(tokens.long()[None], use_cache=False, output_router_logits=True)
    for logits in output.router_logits:
        values = logits.reshape(-1, logits.shape[-1]).sort(-1, descending=True).values
        gap = float((values[:, chosen - 1] - values[:, chosen]).min())
        assert gap > 0.01 * float(logits.std()), f"experts {gap} apart"


def single(model):
    tokens = random_tokens(PROMPT + DECODED, seed=11)
    check_routing(model, tokens)
    logits, layers = run(model, tokens, attentions=True)
    return {
        "single.tokens": tokens,
        "single.positions": torch.tensor(POSITIONS, dtype=torch.int32),
        "single.logits": logits[POSITIONS],
        "mass.windows": torch.tensor(WINDOWS, dtype=torch.int32),
        **masses(layers, model.config),
    }


def batch(model):
    """Five prompts of different lengths, each with 64 forced tokens behind it."""
    sequences = [random_tokens(length + DECODED, seed=20 + i) for i, length in enumerate(LENGTHS)]
    for sequence in sequences:
        check_routing(model, sequence)
    logits = [run(model, s)[0][[n + o for o in OFFSETS]] for s, n in zip(sequences, LENGTHS)]
    return {
        "batch.lengths": torch.tensor(LENGTHS, dtype=torch.int32),
        "batch.tokens": torch.cat(sequences),
        "batch.offsets": torch.tensor(OFFSETS, dtype=torch.int32),
        "batch.logits": torch.stack(logits),
    }


def continuation(model, prompt):
    """(tokens, smallest gap of the two best logits relative to the logits' range)."""
    tokens, cache, step, narrowest = [], None, prompt.long()[None], float("inf")
    for _ in range(GREEDY):
        output = model(step, cache=cache, use_cache=True)
        cache, row = output.cache, output.logits[0, -1]
        best = row.topk(2).values
        narrowest = min(narrowest, float((best[0] - best[1]) / (row.max() - row.min())))
        tokens.append(int(row.argmax()))
        step = torch.tensor([tokens[-1:]])
    return tokens, narrowest


def greedy(model):
    """The first of many prompts whose continuation has no near-tie between the two best tokens."""
    for seed in range(100, 200):
        prompt = random_tokens(GREEDY_PROMPT, seed)
        tokens, narrowest = continuation(model, prompt)
        if narrowest > 5e-4 and len(set(tokens)) > 24:
            break
    else:
        raise RuntimeError("every continuation has a near-tie or runs in a short circle")
    again = run(model, torch.cat([prompt, torch.tensor(tokens)]))[0].argmax(-1)
    assert again[GREEDY_PROMPT - 1 : -1].tolist() == tokens, "cached and dense runs disagree"
    print(f"  greedy: {len(set(tokens))} different tokens, narrowest margin {narrowest:.1e}")
    return {
        "greedy.prompt": prompt,
        "greedy.tokens": torch.tensor(tokens, dtype=torch.int32),
    }
