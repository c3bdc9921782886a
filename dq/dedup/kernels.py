# ruff: noqa: PLR0913, PLR0917  # kernels take arrays, not records
"""The compiled way from words to shingles: signatures and sets of texts, and the likeness of stretches of their words.

A shingle is known by a polynomial of its words' hashes, finalized by MurmurHash3; a signature has the least value of
each permutation over the shingles. Texts and folding lie as in `dq.word_kernels`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dq.compiled import njit
from dq.word_kernels import BASE, I64, TEXTS, U32, U64, fold_words, mix_64

_MIX_32 = (np.uint32(16), np.uint32(13), np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35))
_NO_HASH = np.uint32(0xFFFFFFFF)  # datasketch's value of an empty signature
_FEW_WORDS = 1024  # scratch to begin with; it grows with the longest text


@njit()
def _mix_32(value: Any) -> Any:
    """MurmurHash3's finalizer for 32 bits; numba widens each product, hence the casts."""
    outer, inner, first, second = _MIX_32
    value = np.uint32((value ^ (value >> outer)) * first)
    value = np.uint32((value ^ (value >> inner)) * second)
    return np.uint32(value ^ (value >> outer))


@njit()
def _shingles(words: Any, n_words: Any, size: Any, out: Any) -> Any:
    """The number of shingles of `size` words; their hashes, in text order, go to `out`."""
    if n_words < size:
        return 0
    top = np.uint64(1)
    for _ in range(size - 1):
        top *= BASE
    rolling = np.uint64(0)
    for at in range(n_words):
        if at >= size:
            rolling -= words[at - size] * top
        rolling = rolling * BASE + words[at]
        if at >= size - 1:
            out[at - size + 1] = mix_64(rolling)
    return n_words - size + 1


@njit()
def _sign(shingles: Any, n_shingles: Any, mixed: Any, factors: Any, terms: Any, signature: Any) -> None:
    """The least value of factor * mixed + term mod 2^32 over the shingles' low 32 bits: `affine32`."""
    for at in range(n_shingles):
        mixed[at] = _mix_32(np.uint32(shingles[at]))
    for row in range(factors.size):
        factor, term = factors[row], terms[row]
        least = _NO_HASH
        for at in range(n_shingles):
            least = min(least, np.uint32(factor * mixed[at] + term))
        signature[row] = least


@njit()
def _distinct(values: Any, n_values: Any, out: Any) -> Any:
    """The number of different values; they go to `out`, which may be `values` itself, ascending. Sorts `values`."""
    values[:n_values].sort()
    n_distinct = 0
    for at in range(n_values):
        if at == 0 or values[at] != values[at - 1]:
            out[n_distinct] = values[at]
            n_distinct += 1
    return n_distinct


@njit(f"void({TEXTS}, {I64}, int64, int64, int64, {U32}, {U32}, {I64}, uint64[::1], int64[::1], uint32[:, ::1])")
def fingerprint(
    data: Any, offsets: Any, single: Any, fold_offsets: Any, fold_points: Any, texts: Any, first: Any, last: Any,
    size: Any, factors: Any, terms: Any, starts: Any, sets: Any, set_sizes: Any, signatures: Any,
) -> None:  # fmt: skip
    """Signatures and shingle sets of `texts[first:last]`, with `size` words in a shingle.

    Row i of `signatures` belongs to `texts[i]`; where it has no row, no signature is made. The shingles of `texts[i]`,
    each once, ascending, go to `sets` from `starts[i]` on, their number to `set_sizes[i]`; where `set_sizes` is empty,
    no set is made.
    """
    words = np.empty(_FEW_WORDS, np.uint64)
    shingles = np.empty(_FEW_WORDS, np.uint64)
    mixed = np.empty(_FEW_WORDS, np.uint32)
    for i in range(first, last):
        begin, end = offsets[texts[i]], offsets[texts[i] + 1]
        n_words, _ = fold_words(data, begin, end, single, fold_offsets, fold_points, words)
        if n_words > words.size:
            words = np.empty(n_words, np.uint64)
            shingles = np.empty(n_words, np.uint64)
            mixed = np.empty(n_words, np.uint32)
            fold_words(data, begin, end, single, fold_offsets, fold_points, words)
        n_shingles = _shingles(words, n_words, size, shingles)
        if i < signatures.shape[0]:
            _sign(shingles, n_shingles, mixed, factors, terms, signatures[i])
        if i < set_sizes.size:
            set_sizes[i] = _distinct(shingles, n_shingles, sets[starts[i] :])


@njit(f"void(uint64[::1], {I64}, {I64})")
def close_gaps(sets: Any, starts: Any, set_sizes: Any) -> None:
    """Move the sets that `fingerprint` made together, in place and in order."""
    place = 0
    for i in range(starts.size):
        for at in range(starts[i], starts[i] + set_sizes[i]):
            sets[place] = sets[at]
            place += 1


@njit(f"void({U64}, {I64}, int64, int64, int64, {U32}, {U32}, {I64}, uint64[::1], int64[::1], uint32[:, ::1])")
def fingerprint_words(
    words: Any, word_starts: Any, first: Any, last: Any,
    size: Any, factors: Any, terms: Any, starts: Any, sets: Any, set_sizes: Any, signatures: Any,
) -> None:  # fmt: skip
    """As `fingerprint`, for texts whose words are known: `words[word_starts[i]:word_starts[i + 1]]`."""
    longest = 0
    for i in range(first, last):
        longest = max(longest, word_starts[i + 1] - word_starts[i])
    shingles = np.empty(longest, np.uint64)
    mixed = np.empty(longest, np.uint32)
    for i in range(first, last):
        own = words[word_starts[i] : word_starts[i + 1]]
        n_shingles = _shingles(own, own.size, size, shingles)
        _sign(shingles, n_shingles, mixed, factors, terms, signatures[i])
        set_sizes[i] = _distinct(shingles, n_shingles, sets[starts[i] :])


@njit()
def _shingle_set(words: Any, size: Any, out: Any) -> Any:
    """The number of different shingles of `size` words; they go to `out`, ascending."""
    return _distinct(out, _shingles(words, words.size, size, out), out)


@njit()
def _n_shared(left: Any, n_left: Any, right: Any, n_right: Any) -> Any:
    """The values that two sets share, which are the first of `left` and of `right`, ascending."""
    shared = a = b = 0
    while a < n_left and b < n_right:
        if left[a] < right[b]:
            a += 1
        elif left[a] > right[b]:
            b += 1
        else:
            shared += 1
            a += 1
            b += 1
    return shared


@njit(f"int64({U64}, {I64}, {I64}, int64, uint64[::1])")
def place_shingles(words: Any, firsts: Any, lasts: Any, size: Any, out: Any) -> Any:
    """The shingles of all places, end to end; returns how many there are."""
    n = 0
    for place in range(firsts.size):
        n += _shingle_set(words[firsts[place] : lasts[place]], size, out[n:])
    return n


@njit(f"void({U64}, {I64}, {I64}, int64, int64, uint64[::1])")
def place_keys(words: Any, firsts: Any, lasts: Any, first: Any, last: Any, keys: Any) -> None:
    """A hash of the words of each place from `first` to `last`, in order; place i has `words[firsts[i]:lasts[i]]`."""
    for place in range(first, last):
        key = np.uint64(0)
        for word in words[firsts[place] : lasts[place]]:
            key = mix_64((key ^ word) * BASE)
        keys[place] = key


@njit(f"void({U64}, {I64}, {I64}, {I64}, int64, int64, int64, float64[::1])")
def place_likeness(
    words: Any, firsts: Any, lasts: Any, leaders: Any, size: Any, first: Any, last: Any, likeness: Any
) -> None:
    """The Jaccard of the shingles of each place with those of the place that leads it; equal leaders come together."""
    longest = 0
    for place in range(first, last):
        longest = max(longest, lasts[place] - firsts[place], lasts[leaders[place]] - firsts[leaders[place]])
    own, leading = np.empty(longest, np.uint64), np.empty(longest, np.uint64)
    leader, n_leading = np.int64(-1), 0
    for place in range(first, last):
        if leaders[place] != leader:
            leader = leaders[place]
            n_leading = _shingle_set(words[firsts[leader] : lasts[leader]], size, leading)
        n_own = _shingle_set(words[firsts[place] : lasts[place]], size, own)
        shared = _n_shared(own, n_own, leading, n_leading)
        either = n_own + n_leading - shared
        likeness[place] = shared / either if either else 0.0


@njit()
def _rest(flat: Any, first: Any, last: Any, passage: Any, out: Any) -> Any:
    """The number of shingles of a set that are not in `passage`; both ascend, and so does `out`."""
    n, at = 0, 0
    for shingle in flat[first:last]:
        while at < passage.size and passage[at] < shingle:
            at += 1
        if at == passage.size or passage[at] != shingle:
            out[n] = shingle
            n += 1
    return n


@njit(f"int64({U64}, {I64}, {I64}, {U64}, float64, int64, int64)")
def different_rests(flat: Any, starts: Any, rows: Any, passage: Any, jaccard: Any, least: Any, most: Any) -> Any:
    """How many of the sets `rows` are unlike one another without the `passage`, counted up to `most`.

    Sets with fewer than `least` further shingles do not count: they are nothing but the passage.
    """
    longest = 0
    for row in rows:
        longest = max(longest, starts[row + 1] - starts[row])
    rests, sizes = np.empty((most + 1, longest), np.uint64), np.zeros(most + 1, np.int64)
    n = 0
    for row in rows:
        sizes[n] = _rest(flat, starts[row], starts[row + 1], passage, rests[n])
        new = sizes[n] >= least
        for other in range(n):
            shared = _n_shared(rests[n], sizes[n], rests[other], sizes[other])
            new &= shared < jaccard * (sizes[n] + sizes[other] - shared)
        n += new
        if n == most:
            break
    return n
