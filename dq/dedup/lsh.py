# ruff: noqa: PLR0913, PLR0917  # kernels take arrays, not records
"""Which pairs are worth comparing: locality-sensitive hashing of MinHash signatures in bands.

A signature is cut into bands of a few rows each; two texts meet when all rows of one band are equal. Of pairs with
Jaccard s, a share of 1 - (1 - s^rows)^bands meets (Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4).
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from dq.compiled import njit, over_ranges
from dq.errors import ConfigError
from dq.texts import I64, U64

NO_HASH = np.uint32(0xFFFFFFFF)
"""Each value of the signature of a document without shingles."""
NO_KEY = np.uint64(0)
"""The key of a band of such a document, which meets nothing."""
BANDS_AT_ONCE = 8
"""Bands whose keys are made in one pass over the signatures: with two rows a band they fill one line of the cache."""
REPRESENTED = 0.8
"""A document whose signature agrees this much with a leader's need not lead itself: its likes resemble that leader."""
LEADERS = 16
"""Leaders of a bucket too large to compare all pairs: 64 bands choose theirs from different buckets, some 50 in all."""
SIGMAS = 4.0
"""Standard deviations by which an estimate may fall short before its pair is given up: one pair in 30,000 is lost."""


@dataclasses.dataclass(frozen=True, slots=True)
class Banding:
    """`bands` bands of `rows` rows each."""

    bands: int
    rows: int

    def recall(self, jaccard: float) -> float:
        """The share of pairs with this Jaccard that meets in at least one band.

        >>> round(Banding(64, 2).recall(0.3), 3)
        0.998
        """
        return 1 - (1 - jaccard**self.rows) ** self.bands

    def curve(self, steps: int = 10) -> str:
        """The S-curve, as a line for each of `steps` values of Jaccard.

        >>> print(Banding(16, 8).curve(4))
        0.25  0.0002
        0.50  0.0607
        0.75  0.8151
        1.00  1.0000
        """
        return "\n".join(f"{step / steps:.2f}  {self.recall(step / steps):.4f}" for step in range(1, steps + 1))


def choose_banding(permutations: int, *, jaccard: float, recall: float) -> Banding:
    """The banding with the most rows, and so the fewest chance meetings, that keeps `recall` at `jaccard`.

    >>> choose_banding(128, jaccard=0.3, recall=0.99)
    Banding(bands=64, rows=2)
    >>> choose_banding(128, jaccard=0.8, recall=0.99)
    Banding(bands=21, rows=6)

    Raises ConfigError where even single rows do not reach it.
    """
    for rows in range(permutations, 0, -1):
        banding = Banding(permutations // rows, rows)
        if banding.recall(jaccard) >= recall:
            return banding
    reached = Banding(permutations, 1).recall(jaccard)
    raise ConfigError(
        f"{permutations} permutations find pairs with a Jaccard of {jaccard} in {reached:.1%} of cases at most, "
        f"not in {recall:.1%}: raise permutations, or lower candidate-recall"
    )


def least_agreement(permutations: int, jaccard: float) -> int:
    """Equal values of two signatures below which a pair can no longer have this Jaccard, but for SIGMAS.

    The number of equal values is binomial: n s of them on average, with a variance of n s (1 - s).

    >>> least_agreement(128, 0.5), least_agreement(128, 0.15)
    (42, 4)
    """
    return max(1, math.ceil(permutations * jaccard - SIGMAS * math.sqrt(permutations * jaccard * (1 - jaccard))))


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of rows, each once: `left[i] < right[i]`, sorted by left, then right."""

    left: I64
    right: I64

    def __len__(self) -> int:
        return len(self.left)


def pairs_of(*keys: U64) -> Pairs:
    """The pairs of keys (left in the high half, right in the low half) from any number of sources."""
    found = np.unique(np.concatenate([np.empty(0, np.uint64), *keys]))
    return Pairs((found >> np.uint64(32)).astype(np.int64), (found & np.uint64(0xFFFFFFFF)).astype(np.int64))


def key_of(left: I64, right: I64) -> U64:
    """The keys of pairs, whichever of the two comes first."""
    low, high = np.minimum(left, right).astype(np.uint64), np.maximum(left, right).astype(np.uint64)
    return (low << np.uint64(32)) | high


def meetings(  # what meets, and how closely
    signatures: npt.NDArray[np.uint32],
    banding: Banding,
    *,
    least: int,
    max_bucket: int,
    rows: I64 | None = None,
    new: npt.NDArray[np.bool_] | None = None,
    threads: int = 0,
) -> U64:
    """Keys of all pairs that meet in a band and agree in `least` values of their signatures.

    Document i has the signature `signatures[rows[i]]`, without `rows` the i-th. Where some documents are `new`, one of
    each pair is.

    In a bucket of more than `max_bucket` documents, a template shared by thousands say, not all pairs are compared:
    in order of their rows, each document is compared with the bucket's leaders, LEADERS at most, and becomes a leader
    itself, while there is room, unless it agrees with one of them almost wholly (REPRESENTED). Copies thus stay linked
    to the first of them, whatever the size of the bucket, at a cost linear in it; and what two documents share beyond
    the template brings them together in other bands. Documents without shingles never meet.
    """
    alike = math.ceil(REPRESENTED * signatures.shape[1])
    rows = np.arange(len(signatures)) if rows is None else rows
    new = np.ones(len(rows), np.bool_) if new is None else new

    def meet_in_bands(first: int, last: int) -> U64:
        keys = band_keys(signatures, rows, first, last, banding.rows)
        return np.unique(np.concatenate([meet(keys[band]) for band in range(last - first)]))

    def meet(keys: U64) -> U64:
        present = np.flatnonzero(keys != NO_KEY)
        order, starts = runs(keys[present])
        members = present[order]
        return np.unique(
            _grown(lambda out: _compare(members, starts, signatures, rows, new, least, alike, max_bucket, out))
        )

    met = over_ranges(meet_in_bands, banding.bands, threads, least_rows=BANDS_AT_ONCE)
    return np.unique(np.concatenate([np.empty(0, np.uint64), *met]))


def bands_hit(signatures: npt.NDArray[np.uint32], banding: Banding, pairs: Pairs, *, threads: int = 0) -> I64:
    """In how many bands each of `pairs` meets."""
    hits = np.zeros(len(pairs), np.int64)

    def count(first: int, last: int) -> None:
        _count_bands(signatures, banding.bands, banding.rows, pairs.left, pairs.right, first, last, hits)

    over_ranges(count, len(pairs), threads)
    return hits


def pairs_in_groups(members: I64, starts: I64, most: int, new: npt.NDArray[np.bool_] | None = None) -> U64:
    """Keys of all pairs within groups of 2 to `most` members; group i is `members[starts[i]:starts[i + 1]]`.

    A pair in several groups comes as often. Where some members are `new`, one of each pair is.
    """
    new = np.ones(int(members.max(initial=0)) + 1, np.bool_) if new is None else new
    return _grown(lambda out: _pair_up(members, starts, most, new, out))


def runs(keys: U64) -> tuple[I64, I64]:
    """(rows in order of their keys, equal keys in order of rows; where each run of equal keys starts, and the end)."""
    order = np.argsort(keys, kind="stable")
    new = np.ones(len(keys) + 1, np.bool_)
    new[1:-1] = keys[order[1:]] != keys[order[:-1]]
    return order, np.flatnonzero(new)


def _grown(fill: Any) -> U64:
    """What `fill(out)` writes: it returns how many keys there are, and is called again where they did not fit."""
    out = np.empty(1 << 16, np.uint64)
    n_keys = fill(out)
    if n_keys > len(out):
        out = np.empty(n_keys, np.uint64)
        fill(out)
    return out[:n_keys]


_SIGNATURES = "Array(uint32, 2, 'C', readonly=True)"
_ROWS = "Array(int64, 1, 'C', readonly=True)"
_NEW = "Array(boolean, 1, 'C', readonly=True)"


@njit()
def _agreement(signatures: Any, left: Any, right: Any) -> Any:
    equal = 0
    for at in range(signatures.shape[1]):
        equal += signatures[left, at] == signatures[right, at]
    return equal


@njit()
def _put(out: Any, at: Any, left: Any, right: Any) -> Any:
    """Write the key of a pair where there is room for it; returns the next place."""
    if at < out.size:
        out[at] = (np.uint64(left) << np.uint64(32)) | np.uint64(right)
    return at + 1


@njit(f"uint64[:, ::1]({_SIGNATURES}, {_ROWS}, int64, int64, int64)")
def band_keys(signatures: Any, documents: Any, first: Any, last: Any, rows: Any) -> Any:
    """One row for each band from `first` to `last`, with one key a document; NO_KEY for those without shingles.

    A key is FNV-1a over the band's values, in order, for a sum of them would let strangers meet.
    """
    keys = np.empty((last - first, documents.size), np.uint64)
    for document in range(documents.size):
        signature = signatures[documents[document]]
        empty = True
        for value in signature:
            empty &= value == NO_HASH
            if not empty:
                break
        for band in range(first, last):
            key = np.uint64(0xCBF29CE484222325)
            for at in range(band * rows, (band + 1) * rows):
                key = (key ^ np.uint64(signature[at])) * np.uint64(0x100000001B3)
                key ^= key >> np.uint64(32)
            keys[band - first, document] = NO_KEY if empty else max(key, np.uint64(1))
    return keys


@njit(f"int64({_ROWS}, {_ROWS}, {_SIGNATURES}, {_ROWS}, {_NEW}, int64, int64, int64, uint64[::1])")
def _compare(
    members: Any, starts: Any, signatures: Any, rows: Any, new: Any, least: Any, alike: Any, max_bucket: Any, out: Any
) -> Any:  # fmt: skip
    """Pairs of `meetings` in all buckets of one band; returns how many there are."""
    n_pairs = 0
    leaders = np.empty(max(max_bucket, LEADERS), np.int64)
    for bucket in range(starts.size - 1):
        small = starts[bucket + 1] - starts[bucket] <= max_bucket
        n_leaders = 0
        for place in range(starts[bucket], starts[bucket + 1]):
            document = members[place]
            represented = False
            for leader in leaders[:n_leaders]:
                if small and not (new[leader] or new[document]):
                    continue
                agreement = _agreement(signatures, rows[leader], rows[document])
                represented |= agreement >= alike
                if agreement >= least and (new[leader] or new[document]):
                    n_pairs = _put(out, n_pairs, leader, document)
            if small or (n_leaders < LEADERS and not represented):
                leaders[n_leaders] = document
                n_leaders += 1
    return n_pairs


@njit(f"void({_SIGNATURES}, int64, int64, {_ROWS}, {_ROWS}, int64, int64, int64[::1])")
def _count_bands(
    signatures: Any, bands: Any, rows: Any, left: Any, right: Any, first: Any, last: Any, hits: Any
) -> None:
    for pair in range(first, last):
        for band in range(bands):
            equal = True
            for at in range(band * rows, (band + 1) * rows):
                equal &= signatures[left[pair], at] == signatures[right[pair], at]
            hits[pair] += equal


@njit(f"int64({_ROWS}, {_ROWS}, int64, {_NEW}, uint64[::1])")
def _pair_up(members: Any, starts: Any, most: Any, new: Any, out: Any) -> Any:
    n_pairs = 0
    for group in range(starts.size - 1):
        first, last = starts[group], starts[group + 1]
        if last - first <= most:
            for left in range(first, last):
                for right in range(left + 1, last):
                    if not (new[members[left]] or new[members[right]]):
                        continue
                    low, high = min(members[left], members[right]), max(members[left], members[right])
                    n_pairs = _put(out, n_pairs, low, high)
    return n_pairs
