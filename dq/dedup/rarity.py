# ruff: noqa: PLR0913, PLR0917  # kernels take arrays, not records
"""Which shingles are common, and which pairs share uncommon ones.

A shingle that many different texts hold is a formula or a piece of a template: an honorific, a bulletin's frame, a
menu. It proves no copy. A pair that shares uncommon ones is worth comparing even when the shorter text vanishes in the
longer, where MinHash sees next to nothing: a sample of the shingles, the same in every text, keeps a fixed share of any
overlap however long the texts are (FracMinHash: Irber and others, "Lightweight compositional analysis of metagenomes
with FracMinHash and minimum metagenome covers", 2022).
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from dq.compiled import njit
from dq.dedup.corpus import blocks, release
from dq.dedup.lsh import pairs_in_groups, pairs_of, runs
from dq.dedup.shingles import ShingleSets
from dq.texts import I64, U64

SAMPLE = 4
"""One shingle in so many is sampled: 20 shared words, 16 shingles, leave a trace in 99 of 100 pairs."""
MARGIN = 0.5
"""A sample may hold this share of the overlap that it should, before its pair is given up."""
ROWS_AT_ONCE = 100_000
"""Sets that are gone through before the memory that they took is let go."""
PART = 8_000_000
"""Sampled shingles that are sorted at once: some 200 MB."""
LEAST_SLOTS, MOST_SLOTS = 1 << 20, (1 << 29) - 1
"""Counters, of a byte each: two at least for each shingle of the batch, so that a rare shingle hardly ever shares its
counter with a common one (one in a thousand does where a thousandth of the different ones are common), but no more
than half a gigabyte."""
MOST_COUNTED = 255
"""Where counting ends."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Commonness:
    """In how many sets shingles occur: `counts[hash >> shift]`, never too low; above `limit` they are common.

    `rare_sizes` says for each set that was counted how many of its shingles are not common.
    """

    counts: npt.NDArray[np.uint8]
    shift: np.uint64
    limit: int
    rare_sizes: I64

    def is_rare(self, shingles: U64) -> npt.NDArray[np.bool_]:
        """Which of `shingles` are not common."""
        rare: npt.NDArray[np.bool_] = self.counts[shingles >> self.shift] <= self.limit
        return rare

    def of(self, sets: ShingleSets) -> Commonness:
        """The same of other sets, which are not counted."""
        return Commonness(self.counts, self.shift, self.limit, _rare_sizes_of(sets, np.arange(len(sets)), self))


def commonness(sets: ShingleSets, *, limit: int, rows: I64 | None = None) -> Commonness:
    """Counts in how many of the sets `rows` (all, without) each shingle is.

    The table's size follows from the number of shingles alone. It counts up to 255: a higher `limit` means that none
    is common.
    """
    bits = min(max(LEAST_SLOTS, 2 * len(sets.flat)), MOST_SLOTS).bit_length()
    counts = np.zeros(1 << bits, np.uint8)
    shift, limit = np.uint64(64 - bits), min(limit, MOST_COUNTED)
    rows = np.arange(len(sets)) if rows is None else np.sort(rows)
    for block in blocks(len(rows), ROWS_AT_ONCE):
        _count(sets.flat, sets.starts, rows[block], shift, counts)
        release(sets.flat)
    counted = Commonness(counts, shift, limit, np.empty(0, np.int64))
    return dataclasses.replace(counted, rare_sizes=_rare_sizes_of(sets, rows, counted))


def _rare_sizes_of(sets: ShingleSets, rows: I64, common: Commonness) -> I64:
    sizes = np.zeros(len(sets), np.int64)
    for block in blocks(len(rows), ROWS_AT_ONCE):
        _rare_sizes(sets.flat, sets.starts, rows[block], common.counts, common.shift, common.limit, sizes)
        release(sets.flat)
    return sizes


def nothing_common(sets: ShingleSets) -> Commonness:
    """For sets whose shingles all count."""
    return Commonness(np.zeros(2, np.uint8), np.uint64(63), 0, sets.sizes)


def sharing_pairs(
    sets: ShingleSets,
    common: Commonness,
    *,
    min_shared: int,
    min_share: float,
    rows: I64 | None = None,
    new: npt.NDArray[np.bool_] | None = None,
) -> U64:
    """Keys of the pairs of sets whose samples say that they share enough uncommon shingles.

    Enough is `min_shared`, and `min_share` of the smaller set's uncommon ones. Document i has the set `rows[i]`,
    without `rows` the i-th; where some are `new`, one of each pair is. The shingles are gone through in parts of some
    PART, by their hash.
    """
    rows = np.arange(len(sets)) if rows is None else rows
    new = np.ones(len(rows), np.bool_) if new is None else new
    keys, shared = np.empty(0, np.uint64), np.empty(0, np.int64)
    n_parts = np.uint64(1 + len(sets.flat) // (PART * SAMPLE))
    for part in range(int(n_parts)):
        found, n = np.unique(_sampled_pairs(sets, rows, new, common, np.uint64(part), n_parts), return_counts=True)
        keys, shared = _added(keys, shared, found, n)
    pairs = pairs_of(keys)
    smaller = np.minimum(common.rare_sizes[rows[pairs.left]], common.rare_sizes[rows[pairs.right]])
    kept: U64 = keys[shared * SAMPLE >= MARGIN * np.maximum(min_shared, min_share * smaller)]
    return kept


def _added(keys: U64, counts: I64, others: U64, other_counts: I64) -> tuple[U64, I64]:
    """The sums of two counts, each by different keys in order."""
    both, place = np.unique(np.concatenate([keys, others]), return_inverse=True)
    return both, np.bincount(place, np.concatenate([counts, other_counts]), len(both)).astype(np.int64)


def _sampled_pairs(
    sets: ShingleSets, rows: I64, new: npt.NDArray[np.bool_], common: Commonness, part: np.uint64, n_parts: np.uint64
) -> U64:
    """A key for each sampled, uncommon shingle of one part that a pair of documents shares."""
    by_place = np.argsort(rows)
    found = []
    for block in blocks(len(rows), ROWS_AT_ONCE):
        documents = by_place[block]
        what = sets.flat, sets.starts, rows[documents], common.counts, common.shift, common.limit, SAMPLE, part, n_parts
        n = _sampled(*what, np.empty(0, np.uint64), np.empty(0, np.int64))
        hashes, holders = np.empty(n, np.uint64), np.empty(n, np.int64)
        _sampled(*what, hashes, holders)
        found.append((hashes, documents[holders]))
        release(sets.flat)
    hashes, holders = (np.concatenate(column) for column in zip(*found, strict=True))
    order, starts = runs(hashes)
    return pairs_in_groups(holders[order], starts, common.limit, new)


_FLAT = "Array(uint64, 1, 'C', readonly=True)"
_ROWS = "Array(int64, 1, 'C', readonly=True)"
_COUNTS = "Array(uint8, 1, 'C', readonly=True)"


@njit(f"void({_FLAT}, {_ROWS}, {_ROWS}, uint64, uint8[::1])")
def _count(flat: Any, starts: Any, rows: Any, shift: Any, counts: Any) -> None:
    for row in rows:
        for at in range(starts[row], starts[row + 1]):
            slot = flat[at] >> shift
            if counts[slot] < np.uint8(MOST_COUNTED):
                counts[slot] += np.uint8(1)


@njit(f"void({_FLAT}, {_ROWS}, {_ROWS}, {_COUNTS}, uint64, int64, int64[::1])")
def _rare_sizes(flat: Any, starts: Any, rows: Any, counts: Any, shift: Any, limit: Any, sizes: Any) -> None:
    for row in rows:
        for at in range(starts[row], starts[row + 1]):
            sizes[row] += counts[flat[at] >> shift] <= limit


@njit(f"int64({_FLAT}, {_ROWS}, {_ROWS}, {_COUNTS}, uint64, int64, int64, uint64, uint64, uint64[::1], int64[::1])")
def _sampled(
    flat: Any, starts: Any, rows: Any, counts: Any, shift: Any, limit: Any, sample: Any, part: Any, n_parts: Any,
    hashes: Any, holders: Any,
) -> Any:  # fmt: skip
    """The number of sampled, uncommon shingles of one part; they and their documents go to where there is room."""
    n = 0
    for document in range(rows.size):
        for at in range(starts[rows[document]], starts[rows[document] + 1]):
            shingle = flat[at]
            if shingle % np.uint64(sample) or (shingle // np.uint64(sample)) % n_parts != part:
                continue
            if counts[shingle >> shift] <= limit:
                if n < hashes.size:
                    hashes[n], holders[n] = shingle, document
                n += 1
    return n
