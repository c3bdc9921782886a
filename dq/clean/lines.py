"""Lines: what a rule may ask about one line of a flattened page or one block of an HTML page.

How sure a line is content is told by `scoring`, from features that are measured for all lines at once (`measured`).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from dq.clean.characters import CLOSING_MARKS, SENTENCE_END
from dq.clean.measured import BULLETS
from dq.fold import words as fold_words

# Two or more dots are a pause, as Arabic headlines like them, and end no sentence.
_INNER_END = re.compile(
    rf"(?<![.…])[{re.escape(SENTENCE_END.replace('…', ''))}](?!\.)[{re.escape(CLOSING_MARKS)}]*\s+\S"
)
_BULLETS = re.compile(BULLETS)
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line: its text without list marks, its folded words, and the tag of its element.

    `key` is the folded words as one string, equal for lines that a reader would call the same; `n_words` counts an
    unspaced script's character as half a word.
    """

    text: str
    words: tuple[str, ...]
    key: str
    n_words: float
    tag: str = ""


def count_words(words: Sequence[str]) -> float:
    """The length of a text in words; a character of an unspaced script counts as half of one.

    >>> count_words(["news", "新", "闻"])
    2.0
    """
    if _UNSPACED.search("".join(words)) is None:
        return float(len(words))
    halves = sum(1 for word in words if len(word) == 1 and _UNSPACED.match(word))
    return len(words) - halves / 2


def make_line(text: str, *, tag: str = "") -> Line:
    """A line from its text as it stands on the page; list marks before it are left out."""
    bare = _BULLETS.sub("", text.strip())
    words = tuple(fold_words(bare))
    return Line(text=bare, words=words, key=" ".join(words), n_words=count_words(words), tag=tag)


def ends_sentence(text: str) -> bool:
    """Whether `text` ends as a sentence does, in any script.

    >>> [ends_sentence(t) for t in ("قال: «نعم».", "هل انتهت الحرب؟", "新闻报道。”", "Read more")]
    [True, True, True, False]
    """
    bare = text.rstrip().rstrip(CLOSING_MARKS).rstrip()
    return bool(bare) and bare[-1] in SENTENCE_END


def holds_sentence_break(text: str) -> bool:
    """Whether a sentence ends inside `text` and another one begins."""
    return _INNER_END.search(text) is not None
