"""What a character is, as the line features see it: one bit a property, from Unicode, for every script alike."""

from __future__ import annotations

import functools
import unicodedata

import numpy as np
import numpy.typing as npt

from dq.fold import UNSPACED

(
    UPPER,
    LOWER,
    LETTER,
    DIGIT,
    SPACE,
    PUNCTUATION,
    COMMA,
    END,
    CLOSING,
    OPENING,
    QUOTE,
    SEPARATOR,
    QUESTION,
    COLON,
    WHOLE,
) = (np.uint16(1 << bit) for bit in range(15))
"""WHOLE is a character that is a word by itself, in scripts without spaces."""

SENTENCE_END = ".!?…。！？؟۔।॥։።"
"""Characters that end a sentence, by script (Unicode's Sentence_Terminal, the common ones)."""
CLOSING_MARKS = "\"'”’»›)]}）】」』〉》＂"
"""What may stand behind the end of a sentence."""
MARKS = (
    (COMMA, ",،、，;؛；"),
    (END, SENTENCE_END),
    (CLOSING, CLOSING_MARKS),
    (OPENING, "([{（【"),
    (QUOTE, '"“”«»„‘’「」『』'),
    (SEPARATOR, "|>»/•·–—-›¦"),
    (QUESTION, "!?؟？！"),
    (COLON, ":："),
)
"""Marks by what they do in a line; Unicode's categories know brackets, and not that `؟` ends a sentence."""
_BY_CATEGORY = {
    "Lu": UPPER | LETTER,
    "Lt": UPPER | LETTER,
    "Ll": LOWER | LETTER,
    "Lm": LETTER,
    "Lo": LETTER,
    "Mn": LETTER,
    "Mc": LETTER,
    "Nd": DIGIT,
    "Zs": SPACE,
    "Ps": PUNCTUATION | OPENING,
    "Pi": PUNCTUATION | OPENING,
    "Pe": PUNCTUATION | CLOSING,
    "Pf": PUNCTUATION | CLOSING,
}


@functools.cache
def classes() -> npt.NDArray[np.uint16]:
    """The bits of every code point, shape (0x110000,); built once in a third of a second."""
    table = np.zeros(0x110000, np.uint16)
    for code in range(0x110000):
        category = unicodedata.category(chr(code))
        table[code] = _BY_CATEGORY.get(category, PUNCTUATION if category[0] in "PS" else 0)
    for bits, marks in MARKS:
        table[[ord(mark) for mark in marks]] |= bits
    for low, high in UNSPACED:
        table[low : high + 1] |= WHOLE
    return table
