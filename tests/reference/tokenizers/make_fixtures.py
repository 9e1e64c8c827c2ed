# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Trains small tokenizers configured as the public families and records what the Hugging Face
library makes of the lines.

    pip install tokenizers==0.23.3
    python make_fixtures.py             # writes beside itself
    python make_fixtures.py --expect    # only the .expected.json, for the lines that are there

The regular expressions and the pipelines are those of the tokenizer.json of GPT-2, Llama 3, Qwen 3,
gpt-oss (o200k_harmony), Mistral NeMo (Tekken), Llama 2 and Mistral 7B; the vocabularies are trained
here on the lines. For each tokenizer, NAME.expected.json holds the ids of the first lines and, for
each block of lines, the FNV-1a 64 hashes of five columns:
  ids        encode(line, add_special_tokens=False)
  ordinary   the same with encode_special_tokens
  template   encode(line), the post-processor included
  text       decode(ids, skip_special_tokens=False)
  reversed   decode of the ids in reverse order, which breaks characters apart
Lines that are not UTF-8 are decoded with errors="replace" first. kinds.txt holds the general
categories as the library's regular expressions see them.
"""
import argparse
import json
import pathlib
import struct

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers import trainers, AddedToken

import make_lines

HERE = pathlib.Path(__file__).resolve().parent
BLOCK = 100
FULL = 300

CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}DIGITS|"
          r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+ENDING",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*ENDING",
    r"\p{N}DIGITS", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
ENDING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
LLAMA3 = CL100K.replace("DIGITS", "{1,3}")
QWEN = CL100K.replace("DIGITS", "")
HARMONY = O200K.replace("ENDING", ENDING).replace("DIGITS", "{1,3}")
TEKKEN = O200K.replace("ENDING", "").replace("DIGITS", "")


def split_then_bytes(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior, invert=invert),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def train(tokenizer, texts, size, **options):
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, **options)
    tokenizer.train_from_iterator(texts, trainer)


def byte_level(texts, pre_tokenizer, size=2000, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    train(tokenizer, texts, size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    return tokenizer


def specials(tokenizer, *contents):
    tokenizer.add_special_tokens([AddedToken(c, special=True, normalized=False) for c in contents])


def plain(tokenizer, *contents, normalized=False):
    tokenizer.add_tokens([AddedToken(c, special=False, normalized=normalized) for c in contents])


def bos(tokenizer, content, after=()):
    ids = [(c, tokenizer.token_to_id(c)) for c in (content, *after)]
    single = " ".join([content, "$A", *after])
    return processors.TemplateProcessing(single=single, pair=single + " $B:1", special_tokens=ids)


def edited(tokenizer, edit):
    data = json.loads(tokenizer.to_str())
    edit(data)
    return Tokenizer.from_str(json.dumps(data))


def gpt2(texts):
    tokenizer = byte_level(texts, pre_tokenizers.ByteLevel(add_prefix_space=False))
    specials(tokenizer, "<|endoftext|>")
    return tokenizer


def llama3(texts):
    def whole_words(data):
        """Tokens that no merge makes: only ignore_merges finds them."""
        model = data["model"]
        model["ignore_merges"] = True
        for word in ["Ġengine", "corazÃ³n", "ãĥ¡ãĥ¢ãĥªãĥ¼", "789", "Ġ<<<", "ĉĉĉĉĉ", "Ġconst", "snake"]:
            model["vocab"].setdefault(word, len(model["vocab"]))

    tokenizer = edited(byte_level(texts, split_then_bytes(LLAMA3)), whole_words)
    specials(tokenizer, "<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>",
             "<|end_header_id|>", "<|reserved_1|>", "<|reserved_10|>")
    tokenizer.post_processor = processors.Sequence(
        [processors.ByteLevel(trim_offsets=False), bos(tokenizer, "<|begin_of_text|>")])
    return tokenizer


def qwen3(texts):
    tokenizer = byte_level(texts, split_then_bytes(QWEN), normalizer=normalizers.NFC())
    specials(tokenizer, "<|endoftext|>", "<|im_start|>", "<|im_end|>")
    plain(tokenizer, "<tool_call>", "<think>", "</think>")
    return tokenizer


def o200k(texts):
    tokenizer = byte_level(texts, split_then_bytes(HARMONY, "removed", invert=True))
    specials(tokenizer, "<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|return|>")
    return tokenizer


def tekken(texts):
    tokenizer = byte_level(texts, split_then_bytes(TEKKEN))
    specials(tokenizer, "<unk>", "<s>", "</s>", "[INST]", "[/INST]")
    tokenizer.post_processor = bos(tokenizer, "<s>", after=["</s>"])
    return tokenizer


def prefixed(texts):
    """GPT-2's with a space before the text, NFC, and added tokens in normalized text."""
    tokenizer = byte_level(texts, pre_tokenizers.ByteLevel(add_prefix_space=True), size=800,
                           normalizer=normalizers.NFC())
    specials(tokenizer, "<|endoftext|>")
    plain(tokenizer, "cafe\u0301s", "Straße", normalized=True)
    return tokenizer


SENTENCEPIECE_DECODER = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
                         decoders.Strip(" ", 1, 0)]
BYTES = ["<0x%02X>" % byte for byte in range(256)]


def sentencepiece(texts, size=1800):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    # Words for the training only: the tokenizers take a text as one word.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    train(tokenizer, texts, size, special_tokens=["<unk>", "<s>", "</s>"] + BYTES,
          limit_alphabet=260)
    tokenizer.pre_tokenizer = None

    def three_specials(data):
        data["added_tokens"] = data["added_tokens"][:3]
    tokenizer = edited(tokenizer, three_specials)
    tokenizer.decoder = decoders.Sequence(SENTENCEPIECE_DECODER)
    tokenizer.post_processor = bos(tokenizer, "<s>")
    return tokenizer


def llama2(texts):
    tokenizer = sentencepiece(texts)
    plain(tokenizer, "[INST]", normalized=True)
    return tokenizer


def mistral(texts):
    tokenizer = sentencepiece(texts)
    tokenizer.normalizer = None
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    plain(tokenizer, "[INST]", "[/INST]", normalized=True)
    return tokenizer


def metaspace(texts):
    """Words by Metaspace, characters without a token unknown: no bytes."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    train(tokenizer, texts, 1200, special_tokens=["<unk>", "<s>", "</s>"], limit_alphabet=200)
    return tokenizer


FAMILIES = [gpt2, llama3, qwen3, o200k, tekken, prefixed, llama2, mistral, metaspace]


def legacy_merges(data):
    data["model"]["merges"] = [" ".join(pair) for pair in data["model"]["merges"]]


def save(name, tokenizer):
    data = json.loads(tokenizer.to_str())
    if name == "llama2":
        legacy_merges(data)
    text = json.dumps(data, ensure_ascii=False, indent=0, separators=(",", ":"))
    (HERE / f"{name}.json").write_text(text + "\n", "utf-8")


class Fnv1a:
    def __init__(self):
        self.value = 0xCBF29CE484222325

    def add(self, data):
        for byte in data:
            self.value = ((self.value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF

    def add_ids(self, ids):
        self.add(struct.pack(f"<{len(ids) + 1}I", *ids, 0xFFFFFFFF))

    def add_text(self, text):
        self.add(text.encode("utf-8") + b"\xff")


def encode(tokenizer, text, **options):
    return tokenizer.encode(text, **options).ids


def block_hashes(tokenizer, texts):
    ids = [encode(tokenizer, text, add_special_tokens=False) for text in texts]
    template = [encode(tokenizer, text) for text in texts]
    tokenizer.encode_special_tokens = True
    ordinary = [encode(tokenizer, text, add_special_tokens=False) for text in texts]
    tokenizer.encode_special_tokens = False
    columns = [Fnv1a() for _ in range(5)]
    for at in range(len(texts)):
        columns[0].add_ids(ids[at])
        columns[1].add_ids(ordinary[at])
        columns[2].add_ids(template[at])
        columns[3].add_text(tokenizer.decode(ids[at], skip_special_tokens=False))
        columns[4].add_text(tokenizer.decode(ids[at][::-1], skip_special_tokens=False))
    return ["%016x" % column.value for column in columns]


def expected(tokenizer, texts):
    first = [encode(tokenizer, text, add_special_tokens=False) for text in texts[:FULL]]
    blocks = [block_hashes(tokenizer, texts[at:at + BLOCK]) for at in range(0, len(texts), BLOCK)]
    return {"block": BLOCK, "first": first, "blocks": blocks}


def save_expected(name, texts):
    tokenizer = Tokenizer.from_file(str(HERE / f"{name}.json"))
    text = json.dumps(expected(tokenizer, texts), separators=(",", ":")).replace("],", "],\n")
    (HERE / f"{name}.expected.json").write_text(text + "\n", "utf-8")


def members(expression):
    """Code points that a class of the library's regular expressions has."""
    split = pre_tokenizers.Split(Regex(expression), "removed")
    points = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    outside = set()
    for at in range(0, len(points), 4096):
        for piece, _ in split.pre_tokenize_str("".join(map(chr, points[at:at + 4096]))):
            outside.update(map(ord, piece))
    return [c for c in points if c not in outside]


def save_kinds():
    kinds = [("upper", r"[\p{Lu}\p{Lt}]"), ("lower", r"\p{Ll}"), ("caseless", r"[\p{Lm}\p{Lo}]"),
             ("mark", r"\p{M}"), ("number", r"\p{N}"), ("newline", r"[\r\n]"),
             ("space", r"[^\S\r\n]")]
    rows = []
    for kind, expression in kinds:
        ranges = []
        for c in members(expression):
            if ranges and ranges[-1][1] == c - 1:
                ranges[-1][1] = c
            else:
                ranges.append([c, c])
        rows += ["%X %X %s" % (first, last, kind) for first, last in ranges]
    (HERE / "kinds.txt").write_text("\n".join(rows) + "\n", "utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--expect", action="store_true")
    only_expect = parser.parse_args().expect
    lines = make_lines.Lines(20240511, HERE.parents[2]).all()
    if only_expect:
        stored = (HERE / "lines.txt").read_text("utf-8").split("\n")[:-1]
        lines = [make_lines.unescaped(line) for line in stored]
    else:
        text = "\n".join(make_lines.escaped(line) for line in lines) + "\n"
        (HERE / "lines.txt").write_text(text, "utf-8", newline="\n")
    texts = [line.decode("utf-8", "replace") for line in lines]
    for family in FAMILIES:
        if not only_expect:
            save(family.__name__, family(texts))
        save_expected(family.__name__, texts)
        print(family.__name__, "done", flush=True)
    save_kinds()


if __name__ == "__main__":
    main()
