"""Texts as the kernels see them: Arrow buffers, the folding of the characters they use, and their words."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from dq import word_kernels as kernels
from dq.compiled import over_ranges
from dq.fold import fold_char, table

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

N_CODE_POINTS = 0x110000


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Texts:
    """Texts end to end: text i is the UTF-8 of `data[offsets[i]:offsets[i + 1]]`; folded by `fold.table`'s arrays."""

    data: npt.NDArray[np.uint8]
    offsets: I64
    single: U32
    fold_offsets: I32
    fold_points: U32

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def buffers(self) -> tuple[npt.NDArray[np.uint8], I64, U32, I32, U32]:
        """What every kernel that reads texts takes first."""
        return self.data, self.offsets, self.single, self.fold_offsets, self.fold_points


def texts_of(column: pl.Series, folding: Callable[[str], str] = fold_char) -> Texts:
    """The texts of a Polars string column without copying more than Arrow does; null is an empty text."""
    array = column.fill_null("").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    first = array.offset
    starts = np.frombuffer(memoryview(offsets or b""), np.int64)[first : first + len(array) + 1]
    code_units = np.frombuffer(memoryview(data or b""), np.uint8)
    codes = _code_points(code_units[starts[0] : starts[-1]])
    single, fold_offsets, fold_points = _folding(tuple(codes.tolist()), folding)
    return Texts(data=code_units, offsets=starts, single=single, fold_offsets=fold_offsets, fold_points=fold_points)


def _code_points(data: npt.NDArray[np.uint8]) -> I64:
    """The code points that may occur in UTF-8 text, as its pairs of neighbouring bytes say: a few too many.

    Two bytes are a whole code point up to U+07FF, all but the last six bits of one up to U+FFFF, all but the last
    twelve of a higher one (RFC 3629). ASCII is always among them.
    """
    seen = np.zeros(1 << 16, np.bool_)
    kernels.byte_pairs(data, seen)
    first, second = np.divmod(np.flatnonzero(seen), 256)
    found = [np.arange(0x80)]
    for low, high, kept, open_bits in ((0xC0, 0xDF, 0x1F, 0), (0xE0, 0xEF, 0x0F, 6), (0xF0, 0xFF, 0x07, 12)):
        leads = (first >= low) & (first <= high)
        codes = (((first[leads] & kept) << 6) | (second[leads] & 0x3F)) << open_bits
        found.append((codes[:, None] + np.arange(1 << open_bits)).ravel())
    return np.concatenate(found)


@functools.lru_cache(maxsize=4)  # the titles, the texts before and after they are sorted, the texts as written
def _folding(codes: tuple[int, ...], folding: Callable[[str], str]) -> tuple[U32, I32, U32]:
    """(single, fold_offsets, fold_points) for `codes`.

    `single` has for each of them the one code point to which it folds, where it is one, as for nearly all of them.
    """
    fold_offsets, fold_points = table(codes, folding)
    starts, lengths = fold_offsets[list(codes)], np.diff(fold_offsets)[list(codes)]
    firsts = fold_points[np.minimum(starts, len(fold_points) - 1)]
    single = np.zeros(N_CODE_POINTS, np.uint32)
    single[list(codes)] = np.select([lengths == 1, lengths == 0], [firsts, kernels.NOTHING], kernels.SEVERAL)
    return single, fold_offsets, fold_points


def without_folding(char: str) -> str:
    """A `folding` that only separates words, and leaves every letter, mark and digit as it was written.

    >>> [without_folding(char) for char in "أ،新"]
    ['أ', ' ', ' 新 ']
    """
    folded = fold_char(char)
    if folded == " ":
        return folded
    return f" {char} " if folded.startswith(" ") else char


def measure(texts: Texts, *, threads: int = 0) -> tuple[I64, U64]:
    """(number of words, hash of the folded words in order) of each text; equal hashes mean equal folded words."""
    n_words, keys = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.uint64)
    over_ranges(lambda first, last: kernels.measure(*texts.buffers, first, last, n_words, keys), len(texts), threads)
    return n_words, keys


def words_of(texts: Texts, rows: I64, n_words: I64, *, threads: int = 0) -> tuple[U64, I64]:
    """(word hashes, starts): those of text `rows[i]` are `hashes[starts[i]:starts[i + 1]]`.

    `n_words` are the words of each of those rows, as `measure` counts them.
    """
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(n_words)])
    hashes = np.empty(starts[-1], np.uint64)

    def hash_range(first: int, last: int) -> None:
        kernels.hash_words(*texts.buffers, rows, first, last, starts, hashes)

    over_ranges(hash_range, len(rows), threads)
    return hashes, starts


def word_spans(texts: Texts, rows: I64, n_words: I64, *, threads: int = 0) -> tuple[I64, I64, I64]:
    """(begins, ends, starts): word k of text `rows[i]` has the characters `begins[starts[i] + k]` to `ends[...]`.

    The last one is excluded. Punctuation between a word and the nearest white space belongs to it, on both sides;
    between two words without white space it belongs to both.
    """
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(n_words)])
    begins, ends = np.zeros(starts[-1], np.int64), np.zeros(starts[-1], np.int64)

    def span_range(first: int, last: int) -> None:
        kernels.word_spans(*texts.buffers, rows, first, last, starts, begins, ends)

    over_ranges(span_range, len(rows), threads)
    return begins, ends, starts
