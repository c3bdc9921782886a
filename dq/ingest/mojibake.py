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

SAMPLE_CHARS = 16_000
"""Non-ASCII characters that are looked at, in `SAMPLE_WINDOWS` windows spread over the page."""
SAMPLE_WINDOWS = 8
MIN_EVIDENCE = 2.0
"""UTF-8 sequences times their share of the non-ASCII characters: two where all is damaged, ten where a fifth is. Less
may be a stray sign in a footer."""
MIN_LATIN_EVIDENCE = 4.0
"""The same for different words of nothing but accented letters: scripts hold a list or two of such letters."""
UNMISTAKABLE_SEQUENCES = 4
"""UTF-8 sequences in a row that no language writes by chance."""
MIN_UNMISTAKABLE = 3
"""Runs of so many sequences that are told, whatever their share."""
MIN_LOST, MIN_LOST_SHARE = 3, 0.01
"""Replacement characters, and their share, from which on text is lost, and not a stray byte."""

_ASCII_TO_SPACE = bytes(b" "[0] if byte < 0x80 else byte for byte in range(256))  # noqa: PLR2004  (the end of ASCII)
_LATIN_RUN = re.compile("[À-ÖØ-öø-ÿ]{4,}")
_QUESTION_WORDS = re.compile(r"\?\?(?:[ \n.,]{1,2}\?{2,}+){3,}(?!\w)")


def find_mojibake(text: str) -> str | None:
    """A sentence that begins with "mojibake" and says what happened to the text; None where nothing did.

    >>> find_mojibake("Ø§Ù„Ù‚Ø¯Ø³ Ù„Ù„Ø¹Ø±Ø¨ Ø§Ù„Ø¢Ù†")
    'mojibake: utf-8 was read as windows-1252 (100% of the letters beyond ASCII)'
    >>> find_mojibake("القدس عاصمة فلسطين") is None
    True
    """
    if text.isascii():
        return _questions(text)
    runs = _beyond_ascii(text)
    sample = _sample(runs)
    return _misread(sample) or _read_as_latin(sample) or _lost(runs) or _questions(text)


def _beyond_ascii(text: str) -> str:
    """The runs of non-ASCII characters, a space between them; ten times as fast as a regular expression."""
    runs = text.encode("utf-8", "surrogatepass").translate(_ASCII_TO_SPACE).split()
    return b" ".join(runs).decode("utf-8", "surrogatepass")


def _sample(runs: str) -> str:
    if len(runs) <= SAMPLE_CHARS:
        return runs
    step, width = len(runs) // SAMPLE_WINDOWS, SAMPLE_CHARS // SAMPLE_WINDOWS
    return " ".join(runs[start : start + width] for start in range(0, step * SAMPLE_WINDOWS, step))


def _misread(sample: str) -> str | None:
    for name, pattern in _PATTERNS.items():
        matches = pattern.findall(sample)
        share = _share(matches, sample)
        sequences = [len(match) // 2 for match in matches]
        unmistakable = sum(count // UNMISTAKABLE_SEQUENCES for count in sequences)
        if unmistakable >= MIN_UNMISTAKABLE or sum(sequences) * share >= MIN_EVIDENCE:
            return f"mojibake: utf-8 was read as {name} ({share:.0%} of the letters beyond ASCII)"
    return None


def _read_as_latin(sample: str) -> str | None:
    matches = _LATIN_RUN.findall(sample)
    share = _share(matches, sample)
    if len(set(matches)) * share >= MIN_LATIN_EVIDENCE:
        return f"mojibake: another encoding was read as windows-1252 ({share:.0%} of the letters beyond ASCII)"
    return None


def _share(matches: list[str], sample: str) -> float:
    return sum(map(len, matches)) / _letters(sample)


def _letters(runs: str) -> int:
    return len(runs) - runs.count(" ")


def _lost(runs: str) -> str | None:
    lost = runs.count("\ufffd")
    if lost >= MIN_LOST and lost / _letters(runs) >= MIN_LOST_SHARE:
        return f"mojibake: {lost} letters are lost, replaced by U+FFFD"
    return None


def _questions(text: str) -> str | None:
    return "mojibake: letters are lost, replaced by question marks" if _QUESTION_WORDS.search(text) else None


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
