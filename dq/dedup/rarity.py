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
from dq.dedup.lsh import pairs_in_groups, pairs_of, runs
from dq.dedup.shingles import ShingleSets
from dq.texts import I64, U64

SAMPLE = 4
"""One shingle in so many is sampled: 20 shared words, 16 shingles, leave a trace in 99 of 100 pairs."""
MARGIN = 0.5
"""A sample may hold this share of the overlap that it should, before its pair is given up."""
SLOTS_PER_SHINGLE = 2
LEAST_SLOTS = 1 << 20
"""Counters: two for each shingle of the batch, and never fewer than these, so that a rare shingle hardly ever shares
its counter with a common one: one in a thousand does where a thousandth of the different shingles are common."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Commonness:
    """In how many sets shingles occur: `counts[hash >> shift]`, never too low; above `limit` they are common.

    `rare_sizes` says for each set how many of its shingles are not common.
    """

    counts: npt.NDArray[np.uint16]
    shift: np.uint64
    limit: int
    rare_sizes: I64

    def is_rare(self, shingles: U64) -> npt.NDArray[np.bool_]:
        """Which of `shingles` are not common."""
        return _rare(shingles, self.counts, self.shift, self.limit)


def commonness(sets: ShingleSets, *, limit: int) -> Commonness:
    """Counts every shingle's sets, in a table of a size that follows from the number of shingles alone."""
    bits = max(LEAST_SLOTS, SLOTS_PER_SHINGLE * len(sets.flat)).bit_length()
    counts = np.zeros(1 << bits, np.uint16)
    shift = np.uint64(64 - bits)
    _count(sets.flat, shift, counts)
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(_rare(sets.flat, counts, shift, limit))])
    return Commonness(counts, shift, limit, before[sets.starts[1:]] - before[sets.starts[:-1]])


def nothing_common(sets: ShingleSets) -> Commonness:
    """For sets whose shingles all count."""
    return Commonness(np.zeros(2, np.uint16), np.uint64(63), 0, sets.sizes)


def _rare(shingles: U64, counts: npt.NDArray[np.uint16], shift: np.uint64, limit: int) -> npt.NDArray[np.bool_]:
    rare: npt.NDArray[np.bool_] = counts[shingles >> shift] <= limit
    return rare


def sharing_pairs(sets: ShingleSets, common: Commonness, *, min_shared: int, min_share: float) -> U64:
    """Keys of the pairs of sets whose samples say that they share enough uncommon shingles.

    Enough is `min_shared`, and `min_share` of the smaller set's uncommon ones.
    """
    keys, shared = np.unique(_sampled_pairs(sets, common), return_counts=True)
    pairs = pairs_of(keys)
    smaller = np.minimum(common.rare_sizes[pairs.left], common.rare_sizes[pairs.right])
    kept: U64 = keys[shared * SAMPLE >= MARGIN * np.maximum(min_shared, min_share * smaller)]
    return kept


def _sampled_pairs(sets: ShingleSets, common: Commonness) -> U64:
    """A key for each sampled, uncommon shingle that a pair of sets shares."""
    sampled = np.flatnonzero(sets.flat % np.uint64(SAMPLE) == 0)
    sampled = sampled[common.is_rare(sets.flat[sampled])]
    order, starts = runs(sets.flat[sampled])
    members = np.searchsorted(sets.starts, sampled[order], side="right") - 1
    return pairs_in_groups(members, starts, common.limit)


@njit("void(Array(uint64, 1, 'C', readonly=True), uint64, uint16[::1])")
def _count(shingles: Any, shift: Any, counts: Any) -> None:
    for shingle in shingles:
        if counts[shingle >> shift] < np.uint16(0xFFFF):
            counts[shingle >> shift] += np.uint16(1)
