"""Text that was read in the wrong encoding and stored again ("mojibake"): noticed and told, never repaired here.

Four things happen to text on its way, and each leaves a trace:

    UTF-8 read as a legacy encoding    القدس -> Ø§Ù„Ù‚Ø¯Ø³ (windows-1252), ط§ظ„ظ‚ط¯ط³ (windows-1256)
    a legacy encoding read as Latin    القدس -> ÇáÞÏÓ
    undecodable bytes replaced         القدس -> ������
    unencodable letters replaced       القدس -> ?????

The first is recognised as ftfy does (https://ftfy.readthedocs.io/en/latest/heuristic.html): characters that stand for
the lead byte of a UTF-8 sequence, followed by as many that stand for continuation bytes.
"""

from __future__ import annotations

import re

SAMPLE_CHARS = 400_000
"""Characters of a page that are looked at."""
MIN_EVIDENCE = 2.0
"""Damaged places times their share of the non-ASCII characters: two where all is damaged, ten where a fifth is. Less
may be a stray sign in a footer, or a list of letters in a script."""
UNMISTAKABLE_SEQUENCES = 4
"""UTF-8 sequences in a row that no language writes by chance."""
MIN_UNMISTAKABLE = 3
"""Words of so many sequences that are told, whatever their share."""
MIN_LOST, MIN_LOST_SHARE = 3, 0.01
"""Replacement characters, and their share, from which on text is lost, and not a stray byte."""

_NOT_ASCII = re.compile("[^\x00-\x7f]+")
_LATIN_RUN = re.compile("[À-ÖØ-öø-ÿ]{4,}")
_QUESTION_WORDS = re.compile(r"(?<![\w?])\?{2,}(?:[ \n.,]{1,2}\?{2,}){3,}(?!\w)")


def find_mojibake(text: str) -> str | None:
    """A sentence that begins with "mojibake" and says what happened to the text; None where nothing did.

    >>> find_mojibake("Ø§Ù„Ù‚Ø¯Ø³ Ù„Ù„Ø¹Ø±Ø¨ Ø§Ù„Ø¢Ù†")
    'mojibake: utf-8 was read as windows-1252 (100% of the letters beyond ASCII)'
    >>> find_mojibake("القدس عاصمة فلسطين") is None
    True
    """
    sample = text[:SAMPLE_CHARS]
    if sample.isascii():
        return _questions(sample)
    runs = _NOT_ASCII.findall(sample)
    size = sum(map(len, runs))
    return _misread(runs, size) or _read_as_latin(runs, size) or _lost(sample, size) or _questions(sample)


def _misread(runs: list[str], size: int) -> str | None:
    joined = " ".join(runs)
    for name, pattern in _PATTERNS.items():
        matches = pattern.findall(joined)
        unmistakable = sum(len(match) >= 2 * UNMISTAKABLE_SEQUENCES for match in matches)
        share = sum(map(len, matches)) / size
        if unmistakable >= MIN_UNMISTAKABLE or len(matches) * share >= MIN_EVIDENCE:
            return f"mojibake: utf-8 was read as {name} ({share:.0%} of the letters beyond ASCII)"
    return None


def _read_as_latin(runs: list[str], size: int) -> str | None:
    matches = _LATIN_RUN.findall(" ".join(runs))
    share = sum(map(len, matches)) / size
    if len(set(matches)) * share >= MIN_EVIDENCE:
        return f"mojibake: another encoding was read as windows-1252 ({share:.0%} of the letters beyond ASCII)"
    return None


def _lost(sample: str, size: int) -> str | None:
    lost = sample.count("\ufffd")
    if lost >= MIN_LOST and lost / size >= MIN_LOST_SHARE:
        return f"mojibake: {lost} letters are lost, replaced by U+FFFD ({lost / size:.0%} of the letters beyond ASCII)"
    return None


def _questions(sample: str) -> str | None:
    found = "??" in sample and _QUESTION_WORDS.search(sample)
    return "mojibake: letters are lost, replaced by question marks" if found else None


def _patterns() -> dict[str, re.Pattern[str]]:
    """For each encoding, what UTF-8 looks like in it.

    In windows-1252 one sequence of two is enough: no language writes a capital with an accent before a symbol. In the
    others both halves are letters and punctuation of everyday text, so that it takes two sequences in a row.
    """
    return {name: re.compile(f"(?:{_sequence(codec)}){least}") for name, codec, least in _READ_AS}


def _sequence(codec: str) -> str:
    """A pattern for one UTF-8 sequence of two or three bytes, each byte read by `codec`."""
    follow = _class(codec, 0x80, 0xBF)
    return f"{_class(codec, 0xC2, 0xDF)}{follow}|{_class(codec, 0xE0, 0xEF)}{follow}{{2}}"


def _class(codec: str, first: int, last: int) -> str:
    """A class of the characters that a range of bytes becomes; bytes without a character stay control characters."""
    chars = {bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in range(first, last + 1)}
    return f"[{re.escape(''.join(sorted(chars)))}]"


_READ_AS = (("windows-1252", "cp1252", "+"), ("windows-1256", "cp1256", "{2,}"), ("windows-1251", "cp1251", "{2,}"))
_PATTERNS = _patterns()
