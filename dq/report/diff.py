"""Two texts compared word by word (rapidfuzz, Indel distance: insertions and deletions only)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Literal

from rapidfuzz.distance import Indel, Opcode

from dq.fold import UNSPACED

CONTEXT_WORDS = 14
"""Unchanged words shown on each side of a change; longer runs are summed up."""

Kind = Literal["equal", "delete", "insert", "gap"]

_UNSPACED = "".join(f"{chr(low)}-{chr(high)}" for low, high in UNSPACED)
_WORD = re.compile(rf"(?:[{_UNSPACED}]|[^\s{_UNSPACED}]+)\s*")


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A run of words; for a gap the text is empty and `words` tells how many unchanged ones it stands for."""

    kind: Kind
    text: str
    words: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Diff:
    """What to delete from the left text and insert into it to get the right one."""

    parts: tuple[Part, ...]
    deleted: int
    inserted: int
    equal: int
    uncompared: int
    """Words beyond the limit, of both texts."""


def word_diff(left: str, right: str, *, max_words: int) -> Diff:
    """The difference of two texts, of which the first `max_words` words each are compared.

    >>> [(part.kind, part.text) for part in word_diff("a b c", "a x c", max_words=9).parts]
    [('equal', 'a '), ('delete', 'b '), ('insert', 'x '), ('equal', 'c')]
    """
    all_left, all_right = words_as_written(left), words_as_written(right)
    parts = list(_parts(all_left[:max_words], all_right[:max_words]))
    sums = {kind: sum(part.words for part in parts if part.kind == kind) for kind in ("delete", "insert", "equal")}
    return Diff(
        parts=tuple(_with_gaps(parts)),
        deleted=sums["delete"],
        inserted=sums["insert"],
        equal=sums["equal"],
        uncompared=max(len(all_left) - max_words, 0) + max(len(all_right) - max_words, 0),
    )


def words_as_written(text: str) -> list[str]:
    r"""The words of a text, each with the white space after it; single characters where words are not spaced.

    >>> words_as_written("وقال الوزير\n新闻 ok")
    ['وقال ', 'الوزير\n', '新', '闻 ', 'ok']
    """
    return _WORD.findall(text)


def _parts(left: Sequence[str], right: Sequence[str]) -> Iterator[Part]:
    """Runs of equal words and, between them, what is deleted and then what is inserted."""
    numbers: dict[str, int] = {}
    opcodes = Indel.opcodes(numbered(left, numbers), numbered(right, numbers))
    for changed, run in groupby(opcodes, key=lambda opcode: opcode.tag != "equal"):
        codes = list(run)
        if not changed:
            yield _part("equal", [_wider(*pair) for code in codes for pair in _paired(left, right, code)])
            continue
        deleted = [word for code in codes for word in left[code.src_start : code.src_end]]
        inserted = [word for code in codes for word in right[code.dest_start : code.dest_end]]
        if deleted:
            yield _part("delete", deleted)
        if inserted:
            yield _part("insert", inserted)


def _paired(left: Sequence[str], right: Sequence[str], code: Opcode) -> Iterator[tuple[str, str]]:
    return zip(left[code.src_start : code.src_end], right[code.dest_start : code.dest_end], strict=True)


def _wider(left: str, right: str) -> str:
    """The same word on both sides, with the white space of the side that has more: the text goes on there."""
    return left if len(left) > len(right) else right


def numbered(words: Iterable[str], numbers: dict[str, int]) -> list[int]:
    """Words as numbers, equal ones alike: the comparison of numbers is exact, that of strings goes by their hash."""
    return [numbers.setdefault(word.rstrip(), len(numbers)) for word in words]


def _part(kind: Kind, words: Sequence[str]) -> Part:
    return Part(kind, "".join(words), len(words))


def _with_gaps(parts: Sequence[Part]) -> Iterator[Part]:
    """Long equal runs shortened to what stands beside a change."""
    for place, part in enumerate(parts):
        before = CONTEXT_WORDS if place > 0 else 0
        after = CONTEXT_WORDS if place + 1 < len(parts) else 0
        if part.kind != "equal" or part.words <= before + after + CONTEXT_WORDS:
            yield part
            continue
        words = words_as_written(part.text)
        if before:
            yield _part("equal", words[:before])
        yield Part("gap", "", len(words) - before - after)
        if after:
            yield _part("equal", words[-after:])
