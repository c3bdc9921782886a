"""Lines: a page taken apart, and how sure each of its lines is content.

A `Line` is one non-empty line of a flattened page or one block of an HTML page. `score` rates each line from what it
and its neighbourhood look like, without any list of words: running text has many words, sentence punctuation of its
script and more of its kind around it; menus and teasers have not.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dq.fold import words as fold_words

SENTENCE_END = ".!?…。！？؟۔।॥։።"
"""Characters that end a sentence, by script (Unicode's Sentence_Terminal, the common ones)."""
CLOSING = "\"'”’»›)]}）】」』〉》＂"
"""What may stand behind the end of a sentence."""
_BULLET = re.compile(r"^[•·▪●○◦‣⁃∙■□◆►▶→»›*\-–—]\s+")
# Two or more dots are a pause, as Arabic headlines like them, and end no sentence.
_INNER_END = re.compile(rf"(?<![.…])[{re.escape(SENTENCE_END.replace('…', ''))}](?!\.)[{re.escape(CLOSING)}]*\s+\S")
_COMMAS = re.compile(r"[,،،,、;؛；:：]")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line: its text, its folded words, and what is known of its place and markup.

    `key` is the folded words as one string, equal for lines that a reader would call the same; `n_words` counts an
    unspaced script's character as half a word.
    """

    text: str
    words: tuple[str, ...]
    key: str
    n_words: float
    blank_before: bool = False
    bullet: bool = False
    tag: str = ""
    link_share: float = 0.0


def count_words(words: Sequence[str]) -> float:
    """The length of a text in words; a character of an unspaced script counts as half of one.

    >>> count_words(["news", "新", "闻"])
    2.0
    """
    halves = sum(1 for word in words if len(word) == 1 and _UNSPACED.match(word))
    return len(words) - halves / 2


def make_line(text: str, *, blank_before: bool = False, tag: str = "", link_share: float = 0.0) -> Line:
    """A line from its text as it stands on the page; a bullet before it is noticed and left out of the text."""
    stripped = text.strip()
    bare = _BULLET.sub("", stripped)
    bullet = bare != stripped and bool(bare)
    words = tuple(fold_words(bare))
    return Line(
        text=bare if bullet else stripped,
        words=words,
        key=" ".join(words),
        n_words=count_words(words),
        blank_before=blank_before,
        bullet=bullet,
        tag=tag,
        link_share=link_share,
    )


def split_text(text: str) -> list[Line]:
    r"""The non-empty lines of a flattened page, in order; any of CRLF, CR, LF and Unicode's separators ends a line.

    >>> [line.text for line in split_text("Home\r\n\r\n  • News")]
    ['Home', 'News']
    """
    lines: list[Line] = []
    blank = False
    for raw in text.splitlines():
        if not raw.strip():
            blank = True
            continue
        lines.append(make_line(raw, blank_before=blank))
        blank = False
    return lines


def ends_sentence(text: str) -> bool:
    """Whether `text` ends as a sentence does, in any script.

    >>> [ends_sentence(t) for t in ("قال: «نعم».", "هل انتهت الحرب؟", "新闻报道。”", "Read more")]
    [True, True, True, False]
    """
    bare = text.rstrip().rstrip(CLOSING).rstrip()
    return bool(bare) and bare[-1] in SENTENCE_END


def holds_sentence_break(text: str) -> bool:
    """Whether a sentence ends inside `text` and another one begins."""
    return _INNER_END.search(text) is not None


# Weights of a logistic scorer over five plain measures of a line and its surroundings.
BIAS = -3.0
W_LENGTH, W_END, W_INNER, W_COMMAS, W_AROUND, W_LINKS, W_BULLET = 0.16, 1.6, 1.0, 0.25, 0.02, -3.0, -1.5
LONG_LINE = 30.0
"""Words beyond which a line is no surer to be running text."""
AROUND = 3
"""Lines before and after that count as the neighbourhood."""


def score(lines: Sequence[Line]) -> npt.NDArray[np.float64]:
    """How sure each line is running text, 0..1, shape (n,)."""
    length = np.array([min(line.n_words, LONG_LINE) for line in lines])
    own = np.array([_own_evidence(line) for line in lines])
    prose_mass = np.where(own + BIAS > 0, length, 0.0)
    kernel = np.ones(2 * AROUND + 1)
    around = np.convolve(prose_mass, kernel)[AROUND:-AROUND] - prose_mass if len(lines) else prose_mass
    evidence: npt.NDArray[np.float64] = BIAS + own + W_AROUND * around
    return 1 / (1 + np.exp(-evidence))


def _own_evidence(line: Line) -> float:
    return (
        W_LENGTH * min(line.n_words, LONG_LINE)
        + W_END * ends_sentence(line.text)
        + W_INNER * holds_sentence_break(line.text)
        + W_COMMAS * min(len(_COMMAS.findall(line.text)), 4)
        + W_LINKS * line.link_share
        + W_BULLET * line.bullet
    )
