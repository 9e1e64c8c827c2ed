# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Writes wrapped.json beside this file: lines and what Python's textwrap makes of them."""

import json
import pathlib
import random
import textwrap

WORDS = (
    "salt well-known tide--and ebb - the -- x-ray half-open co-op ---- a-b- e-mail 12-13 "
    "semi-de-tached, \"quoted\"--said it's end. Émile-Zola naïve 1,340 _under-score_ f(x)-g(y) "
    "[link](https://isles.example/wiki/Long-Causeway) 【3†Crane Light†isles.example】 "
    "incomprehensibilities-of-the-ocean-going-vessel http://a.example/very/long/path/without/any"
    "/break/in/it/at/all/for/more/than/eighty/characters/so-it-must/be-cut \t"
).split(" ")


def line(rng):
    count = rng.randint(1, 30)
    return "".join(rng.choice(WORDS) + " " * rng.choice([1, 1, 1, 2, 0]) for _ in range(count))


def wrap(text, width):
    out = []
    for part in text.split("\n"):
        wrapped = textwrap.wrap(part, width, replace_whitespace=False, drop_whitespace=False)
        out += wrapped if part else [""]
    return out


def main():
    rng = random.Random(5)
    cases = [{"text": t, "width": 80} for t in ("", "\n", "a\n\nb", " " * 100, "-" * 90, "x" * 200)]
    for _ in range(50):
        text = "\n".join(line(rng) for _ in range(rng.randint(1, 3)))
        cases.append({"text": text, "width": rng.choice([10, 23, 80, 80])})
    for case in cases:
        case["lines"] = wrap(case["text"], case["width"])
    path = pathlib.Path(__file__).parent / "wrapped.json"
    path.write_text(json.dumps(cases, ensure_ascii=False, indent=None) + "\n")


if __name__ == "__main__":
    main()
