# ruff: noqa: PLR0913, PLR0917  # kernels take arrays, not records
"""What a pair of texts has in common, exactly; and whether that makes it a row.

Every candidate is compared by its sets of folded shingles: all of them, and those that are not common
(`dq.dedup.rarity`). Formulae, bulletins' frames and the chrome of a page are common; two texts that share nothing else
are not copies, however much of it they share, up to the point where they are nearly the same (`near_jaccard`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import Indel

from dq import fold
from dq.compiled import njit, over_ranges
from dq.dedup.lsh import Pairs
from dq.dedup.rarity import Commonness
from dq.dedup.shingles import ShingleSets
from dq.options import DedupOptions
from dq.texts import I64, U64

TITLE_DIGITS = 4
"""Digits that are kept of the likeness of two titles, which rapidfuzz tells in single precision."""


def _share(part: str, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(pl.col(part) / whole).otherwise(0.0)


JACCARD = _share("shared", pl.col("left_size") + pl.col("right_size") - pl.col("shared"))
"""Shared shingles over those that either text has."""
CONTAINMENT_LEFT = _share("shared", pl.col("left_size"))
"""The share of the left text's shingles that the right one has."""
CONTAINMENT_RIGHT = _share("shared", pl.col("right_size"))
"""The share of the right text's shingles that the left one has."""
RARE_JACCARD = _share("shared_rare", pl.col("left_rare") + pl.col("right_rare") - pl.col("shared_rare"))
"""The Jaccard of the shingles that are not common."""
RARE_CONTAINMENT = _share("shared_rare", pl.min_horizontal("left_rare", "right_rare"))
"""The share of the smaller set of shingles that are not common which the other one has."""


def least_shared(options: DedupOptions) -> int:
    """Shingles in a run of `min_shared_words` words."""
    return max(1, options.min_shared_words - options.shingle_words + 1)


def least_share(options: DedupOptions) -> float:
    """The least share of the smaller text's uncommon shingles with which `accepted` may take a pair.

    Two sets of n shingles with a Jaccard of s share 2 s / (1 + s) of n; unequal ones share more of the smaller.
    """
    return min(options.min_containment, 2 * options.min_jaccard / (1 + options.min_jaccard))


def accepted(options: DedupOptions) -> pl.Expr:
    """The pair is nearly one text; or, common shingles aside, alike or one in the other, over words enough."""
    nearly_one = pl.col("jaccard") >= options.near_jaccard
    enough = pl.col("shared_rare") >= least_shared(options)
    alike = RARE_JACCARD.ge(options.min_jaccard)
    one_in_other = RARE_CONTAINMENT.ge(options.min_containment)
    return nearly_one | (enough & (alike | one_in_other))


def relation(options: DedupOptions) -> pl.Expr:
    """Name the relation: `near` for texts alike as wholes, else `contains` or `contained_in`, left of right.

    One contains the other where it holds most of it, and not the other way round.
    """
    near = pl.col("jaccard") >= options.near_jaccard
    left_in_right = pl.col("containment_left") >= options.min_containment
    right_in_left = pl.col("containment_right") >= options.min_containment
    return (
        pl.when(near | (left_in_right == right_in_left))
        .then(pl.lit("near"))
        .when(left_in_right)
        .then(pl.lit("contained_in"))
        .otherwise(pl.lit("contains"))
    )


def compare(sets: ShingleSets, pairs: Pairs, common: Commonness, *, threads: int = 0) -> pl.DataFrame:
    """One row a pair: left, right, what `accepted` and `relation` read, jaccard and both containments."""
    shared, shared_rare = np.zeros(len(pairs), np.int64), np.zeros(len(pairs), np.int64)

    def run(first: int, last: int) -> None:
        table = common.counts, common.shift, common.limit
        _overlap(sets.flat, sets.starts, *table, pairs.left, pairs.right, first, last, shared, shared_rare)

    over_ranges(run, len(pairs), threads)
    sizes, rare = sets.sizes, common.rare_sizes
    counts = {
        "left": pairs.left,
        "right": pairs.right,
        "shared": shared,
        "left_size": sizes[pairs.left],
        "right_size": sizes[pairs.right],
        "shared_rare": shared_rare,
        "left_rare": rare[pairs.left],
        "right_rare": rare[pairs.right],
    }
    return pl.DataFrame(counts).with_columns(
        jaccard=JACCARD, containment_left=CONTAINMENT_LEFT, containment_right=CONTAINMENT_RIGHT
    )


def title_likeness(left: pl.Series, right: pl.Series, *, threads: int = 0) -> pl.Series:
    """How alike the folded titles of each pair are: 1 less the Indel distance over their length; null without a title.

    >>> title_likeness(pl.Series(["Flood in Basra", None]), pl.Series(["FLOOD IN BASRA!", "x"])).to_list()
    [1.0, None]
    """
    if left.null_count() == len(left) or right.null_count() == len(right):
        return pl.repeat(None, len(left), dtype=pl.Float64, eager=True)
    titles = pl.concat([left, right]).drop_nulls().unique()
    folded = pl.DataFrame({"title": titles, "folded": [fold.key(title) or None for title in titles]})
    sides = [
        side.to_frame("title").join(folded, on="title", how="left", maintain_order="left") for side in (left, right)
    ]
    rows = pl.DataFrame({"left": sides[0]["folded"], "right": sides[1]["folded"]}).with_row_index("row")
    both = rows.drop_nulls()
    values = process.cpdist(
        both["left"].to_list(), both["right"].to_list(), scorer=Indel.normalized_similarity, workers=threads or -1
    )
    likeness = both.select("row", likeness=pl.Series(values, dtype=pl.Float64).round(TITLE_DIGITS))
    return rows.join(likeness, on="row", how="left", maintain_order="left")["likeness"]


def longest_shared_runs(hashes: U64, starts: I64, pairs: Pairs, *, threads: int = 0) -> I64:
    """Words in the longest run that the texts of each pair share; the words of text i are `hashes[starts[i]:...]`."""
    longest = np.zeros(len(pairs), np.int64)

    def run(first: int, last: int) -> None:
        _longest(hashes, starts, pairs.left, pairs.right, first, last, longest)

    over_ranges(run, len(pairs), threads)
    return longest


_HASHES = "Array(uint64, 1, 'C', readonly=True)"
_COUNTS = "Array(uint8, 1, 'C', readonly=True)"
_ROWS = "Array(int64, 1, 'C', readonly=True)"
_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd: the variable of the runs' polynomial, and the multiplier of their table


@njit(f"void({_HASHES}, {_ROWS}, {_COUNTS}, uint64, int64, {_ROWS}, {_ROWS}, int64, int64, int64[::1], int64[::1])")
def _overlap(
    sets: Any, starts: Any, counts: Any, shift: Any, limit: Any, left: Any, right: Any,
    first: Any, last: Any, shared: Any, shared_rare: Any,
) -> None:  # fmt: skip
    """Count what pairs `first` to `last` share, by walking through both ascending sets at once."""
    for pair in range(first, last):
        a, a_end = starts[left[pair]], starts[left[pair] + 1]
        b, b_end = starts[right[pair]], starts[right[pair] + 1]
        while a < a_end and b < b_end:
            if sets[a] < sets[b]:
                a += 1
            elif sets[a] > sets[b]:
                b += 1
            else:
                shared[pair] += 1
                shared_rare[pair] += counts[sets[a] >> shift] <= limit
                a += 1
                b += 1


@njit()
def _roll(words: Any, at: Any, length: Any, top: Any, rolling: Any) -> Any:
    """The polynomial of the `length` words that end at `at`, from that of those that end just before."""
    if at >= length:
        rolling -= words[at - length] * top
    return rolling * _BASE + words[at]


@njit()
def _shares_run(needle: Any, hay: Any, length: Any, table: Any, shift: Any) -> Any:
    """Whether some run of `length` words stands in both; `table` holds the needle's runs, 0 for a free place."""
    top = np.uint64(1)
    for _ in range(length - 1):
        top *= _BASE
    table[:] = np.uint64(0)
    mask = table.size - 1
    rolling = np.uint64(0)
    for at in range(needle.size):
        rolling = _roll(needle, at, length, top, rolling)
        if at >= length - 1:
            place = np.int64((rolling * _BASE) >> shift)
            while table[place] != 0 and table[place] != rolling:
                place = (place + 1) & mask
            table[place] = rolling
    rolling = np.uint64(0)
    for at in range(hay.size):
        rolling = _roll(hay, at, length, top, rolling)
        if at >= length - 1:
            place = np.int64((rolling * _BASE) >> shift)
            while table[place] != 0 and table[place] != rolling:
                place = (place + 1) & mask
            if table[place] == rolling:
                return True
    return False


@njit(f"void({_HASHES}, {_ROWS}, {_ROWS}, {_ROWS}, int64, int64, int64[::1])")
def _longest(hashes: Any, starts: Any, left: Any, right: Any, first: Any, last: Any, longest: Any) -> None:
    """Search for the longest run by halves: where a run of some length is shared, all shorter ones are."""
    for pair in range(first, last):
        needle = hashes[starts[left[pair]] : starts[left[pair] + 1]]
        hay = hashes[starts[right[pair]] : starts[right[pair] + 1]]
        if needle.size > hay.size:
            needle, hay = hay, needle
        bits = 2
        while (1 << bits) < 2 * needle.size:
            bits += 1
        table = np.empty(1 << bits, np.uint64)
        shared, too_long = 0, needle.size + 1
        while too_long - shared > 1:
            length = (shared + too_long) // 2
            if _shares_run(needle, hay, length, table, np.uint64(64 - bits)):
                shared = length
            else:
                too_long = length
        longest[pair] = shared
