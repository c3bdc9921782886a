"""The one table of what counts as the same letter, as a separator, and as nothing.

Two spellings of one word fold to the same string: compatibility forms (NFKC), case, accents, Arabic vowel marks and
tatweel, hamza and its seats, alef maqsura, ta marbuta, Persian and Urdu letter forms, bidi and zero-width marks, every
digit system. What is neither letter, mark nor number separates words. Scripts that write without spaces (Chinese,
Japanese, Thai, Lao, Khmer, Burmese) are split by character, so that a shingle of words means something there too.

Folding works code point by code point, without context, so that a compiled kernel can use the same table (`table`).
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

LETTERS = {
    "ٱ": "ا",  # alef wasla
    "ء": "",  # a lone hamza is written or left out at will, as its seats are
    "ى": "ي",  # alef maqsura
    "ی": "ي",  # Farsi yeh
    "ے": "ي",  # Urdu yeh barree
    "ې": "ي",  # Pashto e
    "ة": "ه",  # ta marbuta
    "ۃ": "ه",  # its Urdu form
    "ہ": "ه",  # Urdu heh goal
    "ھ": "ه",  # Urdu heh doachashmee
    "ە": "ه",  # Kurdish and Uyghur ae
    "ک": "ك",  # Persian kaf
    "ڪ": "ك",  # swash kaf
    "ـ": "",  # tatweel
    "ß": "ss",
    "ı": "i",  # Turkish dotless i, the lower case of I
}
"""Letters that are one letter to a reader of either spelling, beyond what Unicode itself decomposes."""

# Blocks whose words are not separated by spaces: Thai, Lao, Burmese, Khmer; kana; Han with its extensions.
# Hangul has spaces, and stays whole.
UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3041, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
# Marks that only point or accent a letter: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowels and
# Koranic signs, variation selectors. Vowel signs of Indic scripts are marks as well, and stay: they spell the word.
POINTS = ((0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670),
          (0x06D6, 0x06ED), (0x08D3, 0x08FF), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE0F),
          (0xFE20, 0xFE2F), (0xE0100, 0xE01EF))  # fmt: skip


def fold(text: str) -> str:
    """`text` with every character folded; runs of separators are left as they fall (`words` splits them).

    >>> fold("الأُمَّـــة")
    'الامه'
    >>> fold("Ｃａｆé—٢٠٢٤")
    'cafe 2024'
    """
    return text.translate(_TABLE)


def words(text: str) -> list[str]:
    """The folded words of `text`, in order.

    >>> words("«القُدس» و القدس")
    ['القدس', 'و', 'القدس']
    >>> words("新闻网 News")
    ['新', '闻', '网', 'news']
    """
    return text.translate(_TABLE).split()


def key(text: str) -> str:
    """The folded words joined by one space: equal for texts that a reader would call the same.

    >>> key("  Read more… ") == key("READ MORE")
    True
    """
    return " ".join(words(text))


def fold_char(char: str) -> str:
    r"""What one character folds to: nothing, a space (a separator), or one or more characters.

    >>> [fold_char(c) for c in "أß٣،\u200f"]
    ['ا', 'ss', '3', ' ', '']
    """
    if "가" <= char <= "힣":  # precomposed Hangul: NFKD would take it apart
        return char
    return "".join(_fold_decomposed(part) for part in unicodedata.normalize("NFKD", char).casefold())


def _fold_decomposed(char: str) -> str:
    if (letter := LETTERS.get(char)) is not None:
        return letter
    code = ord(char)
    category = unicodedata.category(char)
    if category == "Cf" or _within(code, POINTS):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category[0] not in "LMN":
        return " "
    return f" {char} " if _within(code, UNSPACED) else char


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= code <= high for low, high in ranges)


class _FoldTable(dict[int, str]):
    """Folds a code point when it is first met, and remembers it."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = fold_char(chr(code))
        return folded


_TABLE = _FoldTable()


def table(
    codes: Iterable[int], folding: Callable[[str], str] = fold_char
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint32]]:
    """The folding of the code points `codes` as arrays for compiled code: (offsets, points).

    Code point `c` folds to `points[offsets[c]:offsets[c + 1]]`; `offsets` has 0x110001 entries. Every other code point
    is a separator there: folding all of Unicode takes two seconds, folding those that a batch uses a few milliseconds.
    `folding` is what to do with one character, where it is not `fold_char`.

    >>> offsets, points = table([ord("ß")])
    >>> [chr(point) for point in points[offsets[0xDF] : offsets[0xE0]]]
    ['s', 's']
    """
    folded = {code: folding(chr(code)) for code in codes}
    lengths = np.ones(sys.maxunicode + 1, np.int32)
    lengths[list(folded)] = [len(part) for part in folded.values()]
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(lengths, dtype=np.int32)])
    points = np.full(offsets[-1], ord(" "), np.uint32)
    for code, part in folded.items():
        points[offsets[code] : offsets[code + 1]] = [ord(char) for char in part]
    return offsets, points
