# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Lines of text for the tokenizer fixtures: generated, or taken from this repository's own files.

Yields bytes, because some lines are not UTF-8. Everything comes from one seeded generator.
"""
import pathlib
import random
import re
import unicodedata

WORDS = """
the engine reads pages and writes what it saw don't we'll they've I'm you'd it's she're
la cache est vidée à l'été déjà naïve où garçon cœur
der Schlüssel größer übermäßig Straße Öl fünf
el niño corazón pingüino ¿qué? ¡así! mañana
żółw łódź źródło gęś příliš žluťoučký kůň
память страница ключ значение ёлка съезд
μνήμη σελίδα κλειδί ἀρχή ὕδωρ
זיכרון דף מַפְתֵּחַ ذاكرة صفحة مِفْتَاح کلید کتاب‌ها
स्मृति पृष्ठ कुंजी মেমরি পাতা நினைவகம் பக்கம் మెమరీ ಪುಟ മെമ്മറി
หน่วยความจำ หน้า กุญแจ ຫນ້າ មេម៉ូរី မှတ်ဉာဏ်
记忆 页面 钥匙 缓存 內存 記憶 ページ キー ｷｬｯｼｭ メモリー 기억 페이지 열쇠
ማህደረ ትውስታ მეხსიერება հիշողություն bộ nhớ trang khóa Tiếng Việt
ᏣᎳᎩ ᐃᓄᒃᑎᑐᑦ ⴰⵎⴰⵣⵉⵖ ᠮᠣᠩᠭᠣᠯ བོད་སྐད
""".split()

CASED = """camelCase PascalCase HTTPServer XMLHttpRequest snake_case SCREAMING_CASE iPhone McDonald
ALLCAPS's THEY'LL He'S I'VE we'Re d'Artagnan O'Brien 'tis ABC'def aBcDeF ǅungla ǈuba Ωmega ʰello
Aʰb ªº ÀÉÎ ßẞ İıI ﬁnal ϒ ⅷ Ⅷ ⓐⒶ ªbc 𝐀𝐛𝐂 𝒳y A\u0301B\u0301c\u0301 e\u0301E\u0301 \u0301abc
x\u0301'S IT'\u017f it'\u017f 'ſ don\u2019t ＡＢｃ 中A国b あAア ａＢ""".split()

SPACES = [" ", "  ", "   ", "\t", "\n", "\r\n", "\r", "\n\n", " \n", "\n ", "\u00a0", "\u3000",
          "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\u200b", "\u202f", "\u2003",
          "\ufeff", "\u1680", "\u180e", " \t ", "\t\t", "      ", " \u00a0", "\n\t\n  "]

SYMBOLS = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + [
    "...", "—", "–", "«", "»", "“", "”", "‘", "’", "€", "£", "→", "≤", "∑", "√", "©", "™", "°", "¼",
    "//", "/*", "*/", "!=", "==", "->", "::", "&&", "||", "<<", "```", "---", "###", "$$", "/\n", "、",
    "。", "！", "？", "「", "」", "؟", "،", "।", "\u0e2f", "\u2581", "\ufffd", "\u0300", "\u20dd"]

NUMBERS = ["0", "7", "42", "123", "1234", "12345678901234567890", "3.14159", "1,000,000", "1e-9",
           "0x7fFF", "٣٤٥", "१२३४", "²³", "½", "Ⅻ", "①②③④", "１２３４", "𝟘𝟙𝟚𝟛", "〇一二", "2024-05-11", "v1.2.3",
           "\U00010d40\U00010d41", "192.168.0.1", "100%", "$5.00", "1st", "x2y3", "৪৫", "៣៤", "𐒠𐒡"]

EMOJI = ["😀", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "1️⃣", "❤️", "☺", "🧑🏿‍🚀", "🫠", "⌚", "🪿", "🀄", "\u20e3", "👁️‍🗨️"]

SPECIALS = ["<|endoftext|>", "<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>",
            "<|end_header_id|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_call>",
            "<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|return|>", "<s>", "</s>",
            "<unk>", "[INST]", "[/INST]", "<0x41>", "<0xE2>", "<|im_", "<|", "|>", "<|im_end|",
            "<|endoftext|><|endoftext|>", "<|reserved_1|>", "<|reserved_10|>", "caf\u00e9s",
            "cafe\u0301s", "\u2581\u2581", "Ġthe", "<|IM_END|>", "< |im_end|>"]

INVALID = [b"\xff", b"\xfe", b"\x80", b"\xbf\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xe2\x82",
           b"\xe2\x28\xa1", b"\xe0\x80\xaf", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf",
           b"\xf0\x9f\x98", b"\xf0\x9f", b"\xf0\x80\x80\xaf", b"\xf4\x90\x80\x80", b"\xf4\x8f\xbf",
           b"\xf5\x80\x80\x80", b"\xfb\xbf", b"\xf0\x9f\xe2\x82\xac", b"\xe2\xe2\x82\xac",
           b"\xf1\x80\x80\xc3\xa9", b"\xdf"]


def escaped(line: bytes) -> str:
    """One line of printable text: bytes that are not, and backslashes, as \\xHH."""
    out = []
    for char in line.decode("utf-8", "surrogateescape"):
        code = ord(char)
        if 0xDC80 <= code <= 0xDCFF:
            out.append("\\x%02X" % (code - 0xDC00))
        elif code < 0x20 or code == 0x7F or char == "\\":
            out.append("\\x%02X" % code)
        else:
            out.append(char)
    return "".join(out)


def unescaped(line: str) -> bytes:
    return re.sub(rb"\\x([0-9A-F]{2})", lambda match: bytes.fromhex(match[1].decode()),
                  line.encode("utf-8"))


class Lines:
    def __init__(self, seed: int, repository: pathlib.Path):
        self.random = random.Random(seed)
        self.repository = repository
        planes = list(range(0x3000)) + list(range(0xA000, 0xAC00)) + list(range(0xF900, 0x20000))
        self.assigned = [c for c in planes if not 0xD800 <= c <= 0xDFFF
                         and unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
        self.marks = [c for c in range(0x20000) if unicodedata.combining(chr(c))]
        self.decomposing = [c for c in range(0x30000) if unicodedata.decomposition(chr(c))]

    def pick(self, *lists, count=1, glue=""):
        return glue.join(self.random.choice(self.random.choice(lists)) for _ in range(count))

    def below(self, limit):
        return self.random.randrange(limit)

    def sentence(self):
        parts = []
        for _ in range(3 + self.below(9)):
            kind = self.below(20)
            parts.append(self.pick(NUMBERS) if kind == 0 else self.pick(EMOJI) if kind == 1 else
                         self.pick(CASED) if kind < 4 else self.pick(WORDS))
        return " ".join(parts) + self.pick(SYMBOLS, SPACES)

    def jumble(self):
        return self.pick(WORDS, CASED, SPACES, SPACES, SYMBOLS, SYMBOLS, NUMBERS, EMOJI,
                         count=4 + self.below(14))

    def case_jumble(self):
        alphabet = ["a", "b", "A", "B", "ǅ", "ʰ", "中", "\u0301", "'", "s", "LL", "1", " ", "\n", "/",
                    "_", "ſ", "ß", "ע", "!"]
        return self.pick(alphabet, count=8 + self.below(24))

    def space_jumble(self):
        return self.pick(SPACES, SPACES, ["a", "1", ".", "é"], count=4 + self.below(16))

    def any_characters(self):
        return "".join(chr(self.random.choice(self.assigned)) for _ in range(6 + self.below(16)))

    def normalizing(self):
        out = []
        for _ in range(3 + self.below(5)):
            kind = self.below(5)
            if kind == 0:
                out.append(chr(self.random.choice(self.decomposing)))
            elif kind == 1:
                out.append(unicodedata.normalize("NFD", chr(self.random.choice(self.decomposing))))
            elif kind == 2:
                out.append(chr(0x1100 + self.below(19)) + chr(0x1161 + self.below(21)) +
                           (chr(0x11A7 + self.below(28)) if self.below(2) else ""))
            else:
                out.append(self.pick(["a", "E", "o", "U", "\u03b1", "\u05d0", "\u0627", "\u0915"]) +
                           "".join(chr(self.random.choice(self.marks)) for _ in range(self.below(4))))
        return "".join(out)

    def with_specials(self):
        return self.pick(SPECIALS, SPECIALS, WORDS, SPACES, SYMBOLS, count=3 + self.below(7))

    def long_run(self):
        unit = self.pick(WORDS, CASED, SPACES, SYMBOLS, NUMBERS, EMOJI, ["a", "ab", "0", " ", "\n"])
        return unit * (5 + self.below(120 // len(unit) + 1)) + self.pick(WORDS)

    def long_word(self):
        return "".join(self.pick("etaoinshrdlu") for _ in range(300 + self.below(1200)))

    def invalid(self):
        parts = [self.pick(WORDS, EMOJI, SPACES, SPECIALS).encode() if self.below(2) else
                 self.random.choice(INVALID) for _ in range(2 + self.below(6))]
        return b"".join(parts)

    def noise(self):
        return bytes(self.below(256) for _ in range(4 + self.below(20)))

    def code(self, count):
        files = sorted(path for folder in ("base", "engine", "simulator", "cli", "tests", "docs")
                       for path in (self.repository / folder).rglob("*")
                       if path.suffix in (".h", ".cpp", ".py", ".md", ".txt", ".sh"))
        lines = [line for path in files for line in path.read_text("utf-8").split("\n")
                 if 20 < len(line) < 110]
        return self.random.sample(lines, count)

    def every_mark(self):
        """Each combining mark between two others whose order NFC may change."""
        marks = ["a\u0301" + chr(c) + "\u0323" for c in self.marks]
        return ["".join(marks[at:at + 8]) for at in range(0, len(marks), 8)]

    def all(self):
        makers = [(self.sentence, 4300), (self.jumble, 3500), (self.case_jumble, 1800),
                  (self.space_jumble, 1200), (self.any_characters, 3200), (self.normalizing, 1400),
                  (self.with_specials, 1800), (self.long_run, 700), (self.long_word, 40),
                  (self.invalid, 700), (self.noise, 300)]
        out = [maker() for maker, count in makers for _ in range(count)]
        out += self.every_mark() + self.code(2000)
        out += ["", " ", "  ", "\n", "\0", "a", "\u2581", "<s>", " <s>", "'s", "\u0301"]
        self.random.shuffle(out)
        return [line if isinstance(line, bytes) else line.encode("utf-8") for line in out]
